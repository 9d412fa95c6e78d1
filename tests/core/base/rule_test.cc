#include "core/base/rule.h"

#include <memory>
#include <string>

#include "core/base/options.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

class Tune : public Configurable {
 public:
  static constexpr absl::string_view kKindName = "tune";
};

class March : public Tune {
 public:
  static constexpr absl::string_view kClassName = "March";
  struct Options {
    int64_t beats = 4;
    template <typename Self, typename Visitor>
    static void VisitFields(Self& self, Visitor&& field) {
      field("beats", self.beats);
    }
  };
  explicit March(Options options) : options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return ToConfig(options_); }

 private:
  Options options_;
};

const Registrar<Tune> registered({"March", "march"},
                                 &CreateFromConfig<Tune, March>);

std::string TextOf(const Rule<Tune>& rule) { return rule.ToConfig().ToJson(); }

TEST(RuleTest, ANameIsMadeWithDefaults) {
  const Rule<Tune> rule = "march";
  EXPECT_FALSE(rule.empty());
  EXPECT_EQ(rule.name(), "march");
  const auto tune = rule.Get();
  ASSERT_TRUE(tune.ok()) << tune.status();
  EXPECT_EQ((*tune)->class_name(), "March");
  EXPECT_EQ(TextOf(rule), R"("march")");
}

TEST(RuleTest, AnObjectIsHeldAndShared) {
  const Rule<Tune> rule = March({.beats = 2});
  EXPECT_TRUE(rule.name().empty());
  EXPECT_EQ(*rule.Get(), *rule.Get());
  EXPECT_EQ(TextOf(rule), R"({"class_name":"March", "config":{"beats":2}})");
  const auto shared = std::make_shared<March>(March::Options());
  EXPECT_EQ(*Rule<Tune>(shared).Get(), shared);
  const std::shared_ptr<const March> constant = shared;
  EXPECT_EQ(*Rule<Tune>(constant).Get(), shared);
}

TEST(RuleTest, NothingIsEmpty) {
  EXPECT_TRUE(Rule<Tune>().empty());
  EXPECT_EQ(TextOf(Rule<Tune>()), "null");
}

TEST(RuleTest, AnUnknownNameIsTheCallersMistake) {
  const absl::Status error = Rule<Tune>("marsch").Get().status();
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error.message(),
            "unknown tune \"marsch\"; did you mean \"March\" or \"march\"? "
            "Known: March, march");
}

TEST(RuleTest, ConfigsAreReadAndWrittenAlike) {
  for (const char* json : {"null", R"("march")",
                           R"({"class_name":"March", "config":{"beats":3}})"}) {
    const auto rule =
        Rule<Tune>::FromConfig(*Config::FromJson(json), CustomObjects());
    ASSERT_TRUE(rule.ok()) << rule.status();
    EXPECT_EQ(TextOf(*rule), json);
  }
  for (const char* json :
       {"3", R"("waltz")", R"({"class_name":"Waltz", "config":{}})",
        R"({"class_name":"March", "config":{"beats":"two"}})"}) {
    EXPECT_FALSE(
        Rule<Tune>::FromConfig(*Config::FromJson(json), CustomObjects()).ok())
        << json;
  }
}

TEST(RuleTest, AConfigIsMadeFromTheCallersClasses) {
  CustomObjects objects;
  ASSERT_TRUE(objects.Add<Tune>("waltz", &CreateFromConfig<Tune, March>).ok());
  const auto rule = Rule<Tune>::FromConfig(Config("waltz"), objects);
  ASSERT_TRUE(rule.ok()) << rule.status();
  // It is made already: who holds the rule need not know the classes.
  EXPECT_TRUE(rule->Get().ok());
  EXPECT_EQ(TextOf(*rule), R"("waltz")");
}

}  // namespace
}  // namespace cairn
