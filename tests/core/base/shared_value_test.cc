#include "core/base/shared_value.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

using Words = SharedValue<std::vector<std::string>>;

TEST(SharedValueTest, CopiesShareUntilOneIsChanged) {
  Words first = std::vector<std::string>{"a"};
  Words second = first;
  EXPECT_TRUE(second.SharesWith(first));
  second.Mutable().push_back("b");
  EXPECT_FALSE(second.SharesWith(first));
  EXPECT_EQ(first->size(), 1u);
  EXPECT_EQ(*second, (std::vector<std::string>{"a", "b"}));
}

TEST(SharedValueTest, WhatNobodySharesIsChangedInPlace) {
  Words words = std::vector<std::string>{"a"};
  const std::vector<std::string>* const before = &*words;
  words.Mutable().push_back("b");
  EXPECT_EQ(&*words, before);
}

TEST(SharedValueTest, EmptyOnesStayEmpty) {
  Words first;
  first.Mutable().push_back("a");
  EXPECT_TRUE(Words()->empty());
}

TEST(SharedValueTest, EqualValuesOfTwoSourcesAreNotShared) {
  const Words first = std::vector<std::string>{"a"};
  const Words second = std::vector<std::string>{"a"};
  EXPECT_EQ(*first, *second);
  EXPECT_FALSE(first.SharesWith(second));
}

TEST(SharedValueTest, LoopsGoOverAContainer) {
  std::string all;
  for (const std::string& word : Words(std::vector<std::string>{"a", "b"})) {
    all += word;
  }
  EXPECT_EQ(all, "ab");
}

}  // namespace
}  // namespace cairn
