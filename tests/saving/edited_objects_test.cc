#include "saving/edited_objects.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;

// A root with "a", which has the variable "v" with a slot, and "b".
EditedObjects Small() {
  std::vector<TrackableNode> nodes(4);
  nodes[0].children = {{"a", 1}, {"b", 2}};
  nodes[1].children = {{"v", 3}};
  nodes[2].slot_variables = {
      {.original_variable = 3, .slot_name = "m", .slot_variable = 3}};
  nodes[3].full_name = "net/a/v";
  nodes[3].checkpoint_key = "a/v/key";
  return EditedObjects(std::move(nodes));
}

TEST(EditedObjectsTest, PathsAreEdgesAsKeysSpellThem) {
  std::vector<TrackableNode> nodes(2);
  nodes[0].children = {{"x/y.z", 1}};
  const EditedObjects objects(nodes);
  EXPECT_EQ(objects.Find("x.Sy..z"), 1);
  EXPECT_EQ(objects.Find("x"), -1);
  EXPECT_EQ(objects.Follow({}), 0);
  EXPECT_EQ(EditedObjects().Follow({}), -1);
}

TEST(EditedObjectsTest, WhatCannotBeMovedChangesNothing) {
  EditedObjects objects = Small();
  EXPECT_TRUE(
      IsError(objects.Move("a", "c/d"), Code::kNotFound, {"\"c\"", "\"a\""}));
  EXPECT_TRUE(IsError(objects.Move("a", "b"), Code::kAlreadyExists, {"\"b\""}));
  EXPECT_TRUE(IsError(objects.Move("a", "a/x"), Code::kInvalidArgument,
                      {"below itself"}));
  EXPECT_EQ(objects.nodes(), Small().nodes());
  EXPECT_FALSE(objects.changed());
  ASSERT_TRUE(IsOk(objects.Move("a", "b/x")));
  EXPECT_EQ(objects.Find("b/x/v"), 3);
  EXPECT_TRUE(objects.changed());
}

TEST(EditedObjectsTest, OnlyWhatWasEmptiedIsFilledAgain) {
  EditedObjects objects = Small();
  const ObjectPath path = SplitObjectPath("a/v");
  EXPECT_TRUE(IsError(objects.AddVariable(path, "key", "name"),
                      Code::kAlreadyExists, {"a/v"}));
  EXPECT_TRUE(IsError(objects.AddVariable(SplitObjectPath("b"), "key", "name"),
                      Code::kAlreadyExists, {"b"}));
  objects.RemoveValue("a/v/key");
  EXPECT_TRUE(objects.nodes()[2].slot_variables.empty());
  EXPECT_EQ(objects.nodes()[3].checkpoint_key, "");
  ASSERT_TRUE(IsOk(objects.AddVariable(path, "key", "name")));
  EXPECT_EQ(objects.nodes()[3].checkpoint_key, "key");
  EXPECT_FALSE(objects.AddVariable(path, "key", "name").ok());
  ASSERT_TRUE(IsOk(objects.AddVariable(SplitObjectPath("b/w.Sx"), "k", "n")));
  EXPECT_EQ(objects.nodes()[2].children[0].first, "w/x");
}

TEST(EditedObjectsTest, AVariableIsRenamedByTheEndOfItsName) {
  EditedObjects objects = Small();
  EXPECT_FALSE(objects.RenameVariable("a/v/key", "b/v", "c"));
  EXPECT_FALSE(objects.RenameVariable("other", "a/v", "c"));
  EXPECT_FALSE(objects.changed());
  EXPECT_TRUE(objects.RenameVariable("a/v/key", "a/v", "c"));
  EXPECT_EQ(objects.nodes()[3].full_name, "net/c");
}

}  // namespace
}  // namespace cairn
