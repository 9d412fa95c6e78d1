#include "core/base/options.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cairn {
namespace {

class Taste : public Configurable {
 public:
  static constexpr absl::string_view kKindName = "taste";
};

class Sweet : public Taste {
 public:
  static constexpr absl::string_view kClassName = "Sweet";
  struct Options {
    double sugar = 0.5;
    template <typename Self, typename Visitor>
    static void VisitFields(Self& self, Visitor&& field) {
      field("sugar", self.sugar);
    }
  };
  Sweet() = default;
  explicit Sweet(Options options) : options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return ToConfig(options_); }

 private:
  Options options_;
};

const Registrar<Taste> registered({Sweet::kClassName, "sweet"},
                                  &CreateFromConfig<Taste, Sweet>);

struct Everything {
  bool flag = true;
  int64_t count = 3;
  double rate = 0.5;
  std::string name = "x";
  std::array<int64_t, 2> size = {1, 2};
  std::vector<double> list = {0.25};
  std::optional<double> limit;
  std::optional<std::string> note = "n";
  Rule<Taste> taste = "sweet";
  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("flag", self.flag);
    field("count", self.count);
    field("rate", self.rate);
    field("name", self.name);
    field("size", self.size);
    field("list", self.list);
    field("limit", self.limit);
    field("note", self.note);
    field("taste", self.taste);
  }
};

absl::StatusOr<Everything> Read(const std::string& json) {
  return FromConfig<Everything>(*Config::FromJson(json));
}

std::string ErrorOf(const std::string& json) {
  const absl::Status status = Read(json).status();
  EXPECT_FALSE(status.ok());
  return std::string(status.message());
}

TEST(OptionsTest, AreWrittenInTheOrderOfTheirFields) {
  EXPECT_EQ(
      ToConfig(Everything()).ToJson(),
      R"({"flag":true, "count":3, "rate":0.5, "name":"x", "size":[1, 2], )"
      R"("list":[0.25], "limit":null, "note":"n", "taste":"sweet"})");
}

TEST(OptionsTest, AreReadBack) {
  Everything options;
  options.flag = false;
  options.count = -1;
  options.size = {7, 8};
  options.list = {};
  options.limit = 2.5;
  options.note.reset();
  options.taste = Sweet({.sugar = 0.75});
  const Config config = ToConfig(options);
  const absl::StatusOr<Everything> read = FromConfig<Everything>(config);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->flag, false);
  EXPECT_EQ(read->size, options.size);
  EXPECT_TRUE(read->list.empty());
  EXPECT_EQ(read->limit, 2.5);
  EXPECT_FALSE(read->note.has_value());
  EXPECT_EQ(ToConfig(*read), config);
  EXPECT_EQ((*read->taste.Get())->GetConfig().ToJson(), R"({"sugar":0.75})");
}

TEST(OptionsTest, AbsentMembersKeepTheirDefaults) {
  const absl::StatusOr<Everything> read = Read(R"({"count":5})");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->count, 5);
  EXPECT_EQ(read->name, "x");
  EXPECT_EQ(read->note, "n");
}

TEST(OptionsTest, AnIntegerIsTakenForANumber) {
  EXPECT_EQ(Read(R"({"rate":1, "list":[1, 2.5]})")->rate, 1.0);
}

TEST(OptionsTest, AMemberThatIsNotThereIsRefused) {
  EXPECT_EQ(ErrorOf(R"({"count":5, "cuont":6})"),
            "unknown option \"cuont\"; known: flag, count, rate, name, size, "
            "list, limit, note, taste");
}

TEST(OptionsTest, AValueOfTheWrongTypeIsRefusedByName) {
  EXPECT_EQ(ErrorOf(R"({"count":"five"})"),
            "member \"count\": expected an integer, got \"five\"");
  EXPECT_EQ(ErrorOf(R"({"size":[1]})"),
            "member \"size\": expected 2 values, got 1");
  EXPECT_EQ(ErrorOf(R"({"size":3})"),
            "member \"size\": expected a list, got 3");
  EXPECT_EQ(ErrorOf(R"({"list":[1, "x"]})"),
            "member \"list\": expected a number, got \"x\"");
  EXPECT_EQ(ErrorOf(R"({"limit":"x"})"),
            "member \"limit\": expected a number, got \"x\"");
  EXPECT_NE(ErrorOf(R"({"taste":"sour"})")
                .find("member \"taste\": unknown taste \"sour\""),
            std::string::npos);
  EXPECT_EQ(ErrorOf("[]"), "expected an object, got []");
  EXPECT_EQ(ErrorOf("null"), "expected an object, got null");
}

TEST(OptionsTest, AFactoryPassesTheErrorsOfItsOptionsOn) {
  const auto made = CreateFromConfig<Taste, Sweet>(
      *Config::FromJson(R"({"salt":1})"), CustomObjects());
  EXPECT_EQ(made.status().message(), "unknown option \"salt\"; known: sugar");
  EXPECT_TRUE(
      (CreateFromConfig<Taste, Sweet>(Config::Object{}, CustomObjects()).ok()));
}

}  // namespace
}  // namespace cairn
