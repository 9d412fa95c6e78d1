// Calls a fuzz target with its corpus, and with inputs made of it by changes
// that are the same in every run.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "core/base/philox.h"
#include "gtest/gtest.h"
#include "tests/fuzz/target.h"

namespace cairn {
namespace {

constexpr int kMutants = 3000;

// By name, so that the order is the same everywhere.
std::map<std::string, std::string> ReadCorpus() {
  std::map<std::string, std::string> corpus;
  const char* const folder = std::getenv("CAIRN_CORPUS");
  if (folder == nullptr) return corpus;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    corpus[entry.path().filename().string()] =
        std::string(std::istreambuf_iterator<char>(file), {});
  }
  return corpus;
}

// Cuts, bits turned over, bytes set, moved or doubled, and parts of another.
std::string Mutate(std::string input, const std::string& other,
                   RandomStream& random) {
  const auto below = [&](size_t limit) {
    return limit == 0 ? size_t{0} : random.NextBits() % limit;
  };
  const size_t changes = 1 + below(4);
  for (size_t i = 0; i < changes; ++i) {
    const size_t place = below(input.size());
    switch (below(6)) {
      case 0:
        input.resize(place);
        break;
      case 1:
        if (!input.empty()) {
          input[place] = static_cast<char>(input[place] ^ (1 << below(8)));
        }
        break;
      case 2:
        if (!input.empty()) input[place] = "\xff\x7f\x80\x00"[below(4)];
        break;
      case 3:
        input.erase(place, 1 + below(8));
        break;
      case 4:
        input.insert(place, input.substr(place, 1 + below(16)));
        break;
      default:
        input.insert(place, other.substr(below(other.size()), below(64)));
    }
  }
  return input;
}

TEST(CorpusTest, HasInputsThatAreGoodAndOthersThatAreNot) {
  int good = 0, bad = 0;
  for (const auto& [name, input] : ReadCorpus()) {
    SCOPED_TRACE(name);
    (ReadHostileInput(input) ? good : bad) += 1;
  }
  EXPECT_GT(good, 0);
  EXPECT_GT(bad, 0);
}

TEST(CorpusTest, NoChangeOfItBreaksAPromise) {
  std::vector<std::string> inputs;
  for (const auto& [name, input] : ReadCorpus()) inputs.push_back(input);
  ASSERT_FALSE(inputs.empty());
  RandomStream random(StreamKey(/*seed=*/1, "mutants"));
  int bad = 0;
  for (int i = 0; i < kMutants; ++i) {
    const std::string& input = inputs[i % inputs.size()];
    const std::string& other = inputs[random.NextBits() % inputs.size()];
    if (!ReadHostileInput(Mutate(input, other, random))) ++bad;
  }
  EXPECT_GT(bad, kMutants / 10);
}

}  // namespace
}  // namespace cairn
