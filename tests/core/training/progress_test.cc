#include "core/training/progress.h"

#include <limits>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(ProgressTest, AFinishedEpochHasAFullBarAndTheTimeItTook) {
  EXPECT_EQ(ProgressText(469, 469, absl::Milliseconds(2814), true,
                         {{"loss", 0.28144}, {"accuracy", 0.918}}),
            "469/469 [==============================] - 2s 6ms/step"
            " - loss: 0.2814 - accuracy: 0.9180");
}

TEST(ProgressTest, ARunningEpochHasAnArrowAndTheTimeThatIsLeft) {
  EXPECT_EQ(ProgressText(60, 120, absl::Seconds(30), false, {{"loss", 1.5}}),
            " 60/120 [==============>...............] - ETA: 30s"
            " - loss: 1.5000");
}

TEST(ProgressTest, TheArrowLeavesFromTheBegin) {
  EXPECT_EQ(ProgressText(0, 40, absl::ZeroDuration(), false, {}),
            " 0/40 [..............................] - ETA: 0s");
  EXPECT_EQ(ProgressText(2, 40, absl::ZeroDuration(), false, {}),
            " 2/40 [>.............................] - ETA: 0s");
  EXPECT_EQ(ProgressText(40, 40, absl::ZeroDuration(), false, {}),
            "40/40 [==============================] - ETA: 0s");
}

TEST(ProgressTest, TheTimeLeftIsThatOfTheStepsLeft) {
  // A step a second.
  EXPECT_EQ(ProgressText(1, 66, absl::Seconds(1), false, {}),
            " 1/66 [..............................] - ETA: 1:05");
  EXPECT_EQ(ProgressText(1, 3724, absl::Seconds(1), false, {}),
            "   1/3724 [..............................] - ETA: 1:02:03");
}

TEST(ProgressTest, TheTimeOfAStepHasAUnitThatFits) {
  EXPECT_EQ(ProgressText(4, 4, absl::Seconds(8), true, {}),
            "4/4 [==============================] - 8s 2s/step");
  EXPECT_EQ(ProgressText(4, 4, absl::Microseconds(1700), true, {}),
            "4/4 [==============================] - 0s 425us/step");
}

TEST(ProgressTest, AnUnknownNumberOfStepsHasNoBar) {
  EXPECT_EQ(ProgressText(7, 0, absl::Milliseconds(70), false, {{"loss", 2}}),
            "7/Unknown - 0s 10ms/step - loss: 2.0000");
}

TEST(ProgressTest, SmallNumbersKeepTheirDigits) {
  EXPECT_EQ(
      ProgressText(1, 1, absl::Seconds(1), true,
                   {{"loss", 0.000123456},
                    {"b", -0.0004},
                    {"c", 0},
                    {"d", 0.0011},
                    {"e", std::numeric_limits<double>::quiet_NaN()},
                    {"f", std::numeric_limits<double>::infinity()}}),
      "1/1 [==============================] - 1s 1s/step - loss: 1.2346e-04"
      " - b: -4.0000e-04 - c: 0.0000 - d: 0.0011 - e: nan - f: inf");
}

TEST(ProgressTest, TheUserChoosesAndElseTheTerminal) {
  const int silent = 0, bar = 1, lines = 2;
  EXPECT_EQ(ChooseVerbosity(&silent), Verbosity::kSilent);
  EXPECT_EQ(ChooseVerbosity(&bar), Verbosity::kBar);
  EXPECT_EQ(ChooseVerbosity(&lines), Verbosity::kLines);
  testing::internal::CaptureStdout();
  const Verbosity of_a_file = ChooseVerbosity(nullptr);
  testing::internal::GetCapturedStdout();
  EXPECT_EQ(of_a_file, Verbosity::kLines);
}

TEST(ProgressTest, LinesHaveOneForTheWholeEpoch) {
  testing::internal::CaptureStdout();
  PrintEpoch(Verbosity::kLines, 1, 5);
  Progress progress(Verbosity::kLines, 4);
  EXPECT_FALSE(progress.WantsUpdate());
  progress.Update(1, 0, {{"loss", 0.5}});
  progress.Finish(4, 0, {{"loss", 0.25}, {"val_loss", 0.5}}, "Epoch 1/5 - ");
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_EQ(text.rfind("Epoch 1/5 - 4/4 - 0s - ", 0), 0) << text;
  EXPECT_EQ(text.substr(text.find("/step")),
            "/step - loss: 0.2500 - val_loss: 0.5000\n");
}

TEST(ProgressTest, TheBarIsDrawnOverItself) {
  testing::internal::CaptureStdout();
  PrintEpoch(Verbosity::kBar, 1, 5);
  Progress progress(Verbosity::kBar, 2);
  EXPECT_TRUE(progress.WantsUpdate()) << "the first step is shown at once";
  progress.Update(1, 0, {{"loss", 0.5}, {"a_metric_of_a_long_name", 0.1}});
  progress.Finish(2, 0, {{"loss", 0.25}}, "");
  const std::string text = testing::internal::GetCapturedStdout();
  constexpr char kFirst[] =
      "Epoch 1/5\n\r1/2 [==============>...............] - ETA: 0s"
      " - loss: 0.5000 - a_metric_of_a_long_name: 0.1000"
      "\r2/2 [==============================] - 0s ";
  EXPECT_EQ(text.rfind(kFirst, 0), 0) << text;
  const std::string rest = text.substr(text.find("/step"));
  EXPECT_EQ(rest.rfind("/step - loss: 0.2500   ", 0), 0)
      << "spaces stand over the longer text: " << rest;
  EXPECT_EQ(rest.back(), '\n');
}

TEST(ProgressTest, ABarThatIsLeftGetsItsLineEnded) {
  testing::internal::CaptureStdout();
  Progress progress(Verbosity::kBar, 2);
  progress.Abandon();
  progress.Update(1, 0, {});
  progress.Abandon();
  progress.Abandon();
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "\r1/2 [==============>...............] - ETA: 0s\n");
}

TEST(ProgressTest, SilenceIsSilent) {
  testing::internal::CaptureStdout();
  PrintEpoch(Verbosity::kSilent, 1, 5);
  Progress progress(Verbosity::kSilent, 2);
  EXPECT_FALSE(progress.WantsUpdate());
  progress.Update(1, 0, {});
  progress.Finish(2, 0, {{"loss", 1}}, "Epoch 1/5 - ");
  progress.Abandon();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

}  // namespace
}  // namespace cairn
