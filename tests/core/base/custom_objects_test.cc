#include "core/base/custom_objects.h"

#include <memory>
#include <string>
#include <vector>

#include "core/base/configurable.h"
#include "core/base/registry.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

// A kind whose objects hold another one: what a layer around a layer is.
class Box {
 public:
  static constexpr absl::string_view kKindName = "box";
  std::string label;
  std::unique_ptr<Box> inner;
};

Registry<Box>::Factory Labelled(const std::string& label) {
  return [label](const Config& config, const CustomObjects& objects)
             -> absl::StatusOr<std::unique_ptr<Box>> {
    auto box = std::make_unique<Box>();
    box->label = label;
    if (const auto inner = config.Find("inner"); inner.ok()) {
      absl::StatusOr<std::unique_ptr<Box>> made =
          Deserialize<Box>(**inner, objects);
      if (!made.ok()) return made.status();
      box->inner = *std::move(made);
    }
    return box;
  };
}

const Registrar<Box> global_box({"Global"}, Labelled("global"));

TEST(CustomObjectsTest, OwnClassesComeBeforeTheGlobalOnes) {
  CustomObjects objects;
  EXPECT_EQ((*objects.Create<Box>("Global", Config()))->label, "global");
  ASSERT_TRUE(objects.Add<Box>("Custom>Mine", Labelled("mine")).ok());
  ASSERT_TRUE(objects.Add<Box>("Global", Labelled("instead")).ok());
  EXPECT_EQ((*objects.Create<Box>("Custom>Mine", Config()))->label, "mine");
  EXPECT_EQ((*objects.Create<Box>("Global", Config()))->label, "instead");
  // Another call knows nothing of it.
  EXPECT_EQ((*CustomObjects().Create<Box>("Global", Config()))->label,
            "global");
  EXPECT_EQ(objects.Add<Box>("Custom>Mine", Labelled("again")).code(),
            absl::StatusCode::kAlreadyExists);
}

TEST(CustomObjectsTest, ACopyIsAValueOfItsOwn) {
  CustomObjects original;
  ASSERT_TRUE(original.Add<Box>("First", Labelled("first")).ok());
  CustomObjects copy = original;
  ASSERT_TRUE(copy.Add<Box>("Second", Labelled("second")).ok());
  EXPECT_TRUE(copy.Create<Box>("First", Config()).ok());
  EXPECT_TRUE(copy.Create<Box>("Second", Config()).ok());
  EXPECT_FALSE(original.Create<Box>("Second", Config()).ok());
}

TEST(CustomObjectsTest, NestedObjectsAreMadeFromTheSameClasses) {
  CustomObjects objects;
  ASSERT_TRUE(objects.Add<Box>("Mine", Labelled("mine")).ok());
  const Config config = *Config::FromJson(
      R"({"class_name":"Global", "config":
          {"inner":{"class_name":"Mine", "config":{}}}})");
  const auto box = Deserialize<Box>(config, objects);
  ASSERT_TRUE(box.ok()) << box.status();
  EXPECT_EQ((*box)->inner->label, "mine");
  EXPECT_EQ(Deserialize<Box>(config).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(CustomObjectsTest, WhatIsNoSerializedObjectIsNamed) {
  const auto error_of = [](const char* json) {
    return std::string(
        Deserialize<Box>(*Config::FromJson(json)).status().message());
  };
  EXPECT_EQ(error_of("{}"), "no member \"class_name\"");
  EXPECT_EQ(error_of(R"({"class_name":3, "config":{}})"),
            "member \"class_name\": expected a string, got 3");
  EXPECT_EQ(error_of(R"({"class_name":"Global"})"), "no member \"config\"");
  EXPECT_EQ(error_of("[]"), "expected an object, got []");
}

TEST(CustomObjectsTest, AnUnknownNameIsAnsweredWithThoseThatComeNear) {
  CustomObjects objects;
  ASSERT_TRUE(objects.Add<Box>("Custom>Mine", Labelled("mine")).ok());
  const absl::Status error =
      objects.Create<Box>("custom>mein", Config()).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(error.message(),
            "unknown box \"custom>mein\"; did you mean \"Custom>Mine\"? Known: "
            "Global, Custom>Mine");
}

TEST(CustomObjectsTest, NearIsTwoLettersWhateverTheirCase) {
  const std::vector<std::string> known = {"relu", "elu", "sigmoid", "Softmax"};
  EXPECT_EQ(UnknownName("activation", "rellu", known).message(),
            "unknown activation \"rellu\"; did you mean \"relu\" or \"elu\"? "
            "Known: relu, elu, sigmoid, Softmax");
  EXPECT_EQ(UnknownName("activation", "softmux", known).message(),
            "unknown activation \"softmux\"; did you mean \"Softmax\"? Known: "
            "relu, elu, sigmoid, Softmax");
  EXPECT_EQ(UnknownName("activation", "gelatine", known).message(),
            "unknown activation \"gelatine\". Known: relu, elu, sigmoid, "
            "Softmax");
  EXPECT_EQ(UnknownName("activation", "relu", {}).message(),
            "unknown activation \"relu\"; none is registered (link //:cairn)");
  // Many names are not all listed.
  EXPECT_LT(UnknownName("layer", "x", std::vector<std::string>(100, "Dense"))
                .message()
                .size(),
            100);
}

}  // namespace
}  // namespace cairn
