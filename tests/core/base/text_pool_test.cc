#include "core/base/text_pool.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(TextPoolTest, TextsStayAsOthersAreAddedAndThePoolMoves) {
  TextPool pool;
  std::vector<std::string> texts = {"", "a", std::string(100'000, 'x'), "b"};
  for (int i = 0; i < 10'000; ++i) texts.push_back(absl::StrCat("text ", i));
  std::vector<absl::string_view> added;
  for (const std::string& text : texts) added.push_back(pool.Add(text));
  const TextPool moved = std::move(pool);
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(added[i], texts[i]) << i;
    if (!texts[i].empty()) {
      EXPECT_NE(added[i].data(), texts[i].data());
    }
  }
}

TEST(TextPoolTest, RoomIsTheCallersAlone) {
  TextPool pool;
  const absl::string_view before = pool.Add("before");
  char* const room = pool.Take(3);
  const absl::string_view after = pool.Add("after");
  for (int i = 0; i < 3; ++i) room[i] = '!';
  EXPECT_EQ(before, "before");
  EXPECT_EQ(after, "after");
  EXPECT_EQ(absl::string_view(room, 3), "!!!");
}

}  // namespace
}  // namespace cairn
