#include "core/data/readers/digit_strokes.h"

#include "core/base/check.h"

namespace cairn {
namespace {

constexpr bool kRound = true;
constexpr bool kStraight = false;

constexpr StrokePoint kRing[] = {{.50f, .06f}, {.27f, .17f}, {.19f, .50f},
                                 {.27f, .83f}, {.50f, .94f}, {.73f, .83f},
                                 {.81f, .50f}, {.73f, .17f}, {.50f, .06f}};
constexpr StrokePoint kSlimRing[] = {{.60f, .06f}, {.36f, .22f}, {.26f, .58f},
                                     {.36f, .90f}, {.54f, .92f}, {.72f, .66f},
                                     {.76f, .28f}, {.60f, .06f}, {.46f, .10f}};
constexpr Stroke kZeroRing[] = {{kRound, kRing}};
constexpr Stroke kZeroSlim[] = {{kRound, kSlimRing}};
constexpr DigitForm kZero[] = {kZeroRing, kZeroSlim};

constexpr StrokePoint kStem[] = {{.52f, .06f}, {.51f, .50f}, {.50f, .94f}};
constexpr StrokePoint kFlag[] = {{.30f, .28f}, {.54f, .06f}, {.53f, .94f}};
constexpr StrokePoint kFoot[] = {{.30f, .94f}, {.74f, .94f}};
constexpr Stroke kOneStem[] = {{kStraight, kStem}};
constexpr Stroke kOneFlag[] = {{kStraight, kFlag}};
constexpr Stroke kOneFoot[] = {{kStraight, kFlag}, {kStraight, kFoot}};
constexpr DigitForm kOne[] = {kOneStem, kOneFlag, kOneFoot};

constexpr StrokePoint kSwan[] = {{.22f, .28f}, {.32f, .11f}, {.54f, .06f},
                                 {.74f, .17f}, {.74f, .38f}, {.52f, .64f},
                                 {.20f, .92f}};
constexpr StrokePoint kSwanFoot[] = {{.20f, .92f}, {.82f, .91f}};
constexpr StrokePoint kLoopedSwan[] = {
    {.24f, .24f}, {.46f, .06f}, {.72f, .18f}, {.68f, .46f}, {.44f, .76f},
    {.26f, .92f}, {.18f, .82f}, {.32f, .76f}, {.56f, .90f}, {.84f, .84f}};
constexpr Stroke kTwoFoot[] = {{kRound, kSwan}, {kStraight, kSwanFoot}};
constexpr Stroke kTwoLoop[] = {{kRound, kLoopedSwan}};
constexpr DigitForm kTwo[] = {kTwoFoot, kTwoLoop};

constexpr StrokePoint kThreeTop[] = {
    {.22f, .16f}, {.46f, .06f}, {.72f, .15f}, {.70f, .36f}, {.42f, .47f}};
constexpr StrokePoint kThreeBottom[] = {
    {.42f, .47f}, {.72f, .55f}, {.80f, .74f}, {.56f, .94f}, {.20f, .84f}};
constexpr StrokePoint kThreeRoof[] = {{.24f, .08f}, {.76f, .08f}, {.46f, .42f}};
constexpr StrokePoint kThreeBelly[] = {
    {.46f, .42f}, {.74f, .52f}, {.78f, .76f}, {.52f, .94f}, {.20f, .86f}};
constexpr Stroke kThreeRound[] = {{kRound, kThreeTop}, {kRound, kThreeBottom}};
constexpr Stroke kThreeFlat[] = {{kStraight, kThreeRoof},
                                 {kRound, kThreeBelly}};
constexpr DigitForm kThree[] = {kThreeRound, kThreeRound, kThreeFlat};

constexpr StrokePoint kFourArm[] = {{.28f, .08f}, {.20f, .56f}, {.84f, .54f}};
constexpr StrokePoint kFourStem[] = {{.68f, .22f}, {.66f, .94f}};
constexpr StrokePoint kFourSail[] = {
    {.64f, .94f}, {.64f, .06f}, {.16f, .66f}, {.86f, .66f}};
constexpr Stroke kFourOpen[] = {{kStraight, kFourArm}, {kStraight, kFourStem}};
constexpr Stroke kFourClosed[] = {{kStraight, kFourSail}};
constexpr DigitForm kFour[] = {kFourOpen, kFourClosed};

constexpr StrokePoint kFiveRoof[] = {{.78f, .08f}, {.32f, .09f}, {.26f, .46f}};
constexpr StrokePoint kFiveBelly[] = {{.26f, .46f}, {.52f, .39f}, {.77f, .53f},
                                      {.76f, .78f}, {.50f, .94f}, {.20f, .85f}};
constexpr StrokePoint kSnake[] = {{.80f, .10f}, {.44f, .10f}, {.30f, .28f},
                                  {.46f, .44f}, {.72f, .58f}, {.70f, .82f},
                                  {.46f, .94f}, {.20f, .84f}};
constexpr Stroke kFiveRoofed[] = {{kStraight, kFiveRoof}, {kRound, kFiveBelly}};
constexpr Stroke kFiveSnake[] = {{kRound, kSnake}};
constexpr DigitForm kFive[] = {kFiveRoofed, kFiveRoofed, kFiveSnake};

constexpr StrokePoint kSixCurl[] = {{.68f, .07f}, {.42f, .24f}, {.25f, .54f},
                                    {.28f, .82f}, {.52f, .94f}, {.75f, .80f},
                                    {.71f, .58f}, {.50f, .51f}, {.28f, .66f}};
constexpr StrokePoint kSixSteep[] = {{.40f, .06f}, {.28f, .40f}, {.26f, .78f},
                                     {.48f, .94f}, {.74f, .82f}, {.70f, .60f},
                                     {.46f, .56f}, {.27f, .72f}};
constexpr Stroke kSixCurled[] = {{kRound, kSixCurl}};
constexpr Stroke kSixStraight[] = {{kRound, kSixSteep}};
constexpr DigitForm kSix[] = {kSixCurled, kSixStraight};

constexpr StrokePoint kSevenHook[] = {{.18f, .10f}, {.80f, .09f}, {.42f, .94f}};
constexpr StrokePoint kSevenBar[] = {{.34f, .50f}, {.76f, .49f}};
constexpr StrokePoint kSevenArc[] = {
    {.18f, .18f}, {.30f, .09f}, {.78f, .12f}, {.62f, .44f}, {.48f, .94f}};
constexpr Stroke kSevenPlain[] = {{kStraight, kSevenHook}};
constexpr Stroke kSevenBarred[] = {{kStraight, kSevenHook},
                                   {kStraight, kSevenBar}};
constexpr Stroke kSevenRound[] = {{kRound, kSevenArc}};
constexpr DigitForm kSeven[] = {kSevenPlain, kSevenBarred, kSevenRound};

constexpr StrokePoint kKnot[] = {
    {.50f, .47f}, {.28f, .30f}, {.34f, .10f}, {.54f, .06f}, {.73f, .16f},
    {.70f, .34f}, {.50f, .47f}, {.24f, .64f}, {.24f, .84f}, {.50f, .94f},
    {.77f, .83f}, {.76f, .63f}, {.50f, .47f}};
constexpr StrokePoint kOpenKnot[] = {{.74f, .16f}, {.50f, .06f}, {.28f, .20f},
                                     {.44f, .44f}, {.70f, .64f}, {.68f, .88f},
                                     {.42f, .94f}, {.26f, .76f}, {.46f, .54f},
                                     {.68f, .34f}, {.74f, .16f}};
constexpr Stroke kEightKnot[] = {{kRound, kKnot}};
constexpr Stroke kEightOpen[] = {{kRound, kOpenKnot}};
constexpr DigitForm kEight[] = {kEightKnot, kEightOpen};

constexpr StrokePoint kNineHead[] = {{.75f, .28f}, {.60f, .08f}, {.36f, .10f},
                                     {.25f, .32f}, {.42f, .50f}, {.64f, .44f},
                                     {.75f, .28f}};
constexpr StrokePoint kNineStem[] = {{.75f, .28f}, {.72f, .60f}, {.66f, .94f}};
constexpr StrokePoint kNineTail[] = {
    {.75f, .28f}, {.75f, .64f}, {.58f, .92f}, {.28f, .88f}};
constexpr Stroke kNineStraight[] = {{kRound, kNineHead}, {kRound, kNineStem}};
constexpr Stroke kNineCurled[] = {{kRound, kNineHead}, {kRound, kNineTail}};
constexpr DigitForm kNine[] = {kNineStraight, kNineCurled};

}  // namespace

absl::Span<const DigitForm> FormsOfDigit(int digit) {
  static constexpr absl::Span<const DigitForm> kForms[] = {
      kZero, kOne, kTwo, kThree, kFour, kFive, kSix, kSeven, kEight, kNine};
  CAIRN_CHECK(digit >= 0 && digit < 10);
  return kForms[digit];
}

}  // namespace cairn
