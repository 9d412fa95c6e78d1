#include "core/base/registry.h"

#include <memory>
#include <string>
#include <vector>

#include "core/base/configurable.h"
#include "core/base/custom_objects.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

class Fruit {
 public:
  static constexpr absl::string_view kKindName = "fruit";
  explicit Fruit(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }

 private:
  const std::string name_;
};

Registry<Fruit>::Factory Named(const std::string& name) {
  return [name](const Config&, const CustomObjects&) {
    return std::make_unique<Fruit>(name);
  };
}

TEST(RegistryTest, FindsWhatWasAddedAndListsItSorted) {
  Registry<Fruit> registry;
  EXPECT_EQ(registry.Find("pear"), nullptr);
  ASSERT_TRUE(registry.Add("pear", Named("Pear")).ok());
  const Registry<Fruit>::Factory* const pear = registry.Find("pear");
  ASSERT_TRUE(registry.Add("apple", Named("Apple")).ok());
  // A factory stays where it is.
  EXPECT_EQ(registry.Find("pear"), pear);
  EXPECT_EQ((**(*pear)(Config(), CustomObjects())).name(), "Pear");
  EXPECT_EQ(registry.names(), std::vector<std::string>({"apple", "pear"}));
}

TEST(RegistryTest, ANameIsTakenOnce) {
  Registry<Fruit> registry;
  ASSERT_TRUE(registry.Add("pear", Named("Pear")).ok());
  EXPECT_EQ(
      registry.Add("pear", Named("Other")),
      absl::AlreadyExistsError("a fruit is already registered as \"pear\""));
  EXPECT_EQ((**(*registry.Find("pear"))(Config(), CustomObjects())).name(),
            "Pear");
}

TEST(RegistryTest, ARegistrarAddsAllItsNamesToTheGlobalOne) {
  const Registrar<Fruit> registrar({"Plum", "plum"}, Named("Plum"));
  EXPECT_NE(Registry<Fruit>::Global().Find("Plum"), nullptr);
  EXPECT_NE(Registry<Fruit>::Global().Find("plum"), nullptr);
}

}  // namespace
}  // namespace cairn
