// What a FaultFileSystem leaves of its files when the program is killed or the
// power is cut.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "tests/support/fault_file_system.h"

namespace cairn {
namespace {

// From what was synced to what is seen.
std::vector<std::string> ContentStates(const std::string& synced,
                                       const std::string& seen) {
  if (seen == synced) return {seen};
  const size_t start = absl::StartsWith(seen, synced) ? synced.size() : 0;
  const size_t half = (seen.size() - start) / 2, rest = seen.size() - start;
  std::vector<std::string> states = {synced};
  const auto add = [&](const std::string& state) {
    if (std::count(states.begin(), states.end(), state) == 0 && state != seen) {
      states.push_back(state);
    }
  };
  add(seen.substr(0, start));
  add(seen.substr(0, start + half));
  // Blocks need not come in their order: the length before the bytes, and the
  // last before the first.
  add(seen.substr(0, start) + std::string(rest, '\0'));
  add(seen.substr(0, start) + std::string(half, '\0') +
      seen.substr(start + half));
  states.push_back(seen);
  return states;
}

// All combinations of states, where there are few enough.
std::set<std::vector<int>> AllChoices(const std::vector<int>& states) {
  std::set<std::vector<int>> all = {{}};
  for (const int count : states) {
    std::set<std::vector<int>> longer;
    for (std::vector<int> choices : all) {
      choices.push_back(0);
      for (; choices.back() < count; ++choices.back()) longer.insert(choices);
    }
    all = std::move(longer);
  }
  return all;
}

// `base`, and whatever differs from it in at most two places.
void AddChoicesNear(const std::vector<int>& base,
                    const std::vector<int>& states,
                    std::set<std::vector<int>>* all) {
  all->insert(base);
  for (size_t i = 0; i < states.size(); ++i) {
    for (size_t j = i; j < states.size(); ++j) {
      std::vector<int> choices = base;
      for (choices[i] = 0; choices[i] < states[i]; ++choices[i]) {
        if (j == i) {
          all->insert(choices);
          continue;
        }
        for (choices[j] = 0; choices[j] < states[j]; ++choices[j]) {
          all->insert(choices);
        }
      }
    }
  }
}

std::set<std::vector<int>> PowerCutChoices(const std::vector<int>& states) {
  constexpr int64_t kMost = 1000;
  int64_t combinations = 1;
  for (const int count : states) {
    combinations = std::min(combinations * count, kMost + 1);
  }
  if (combinations <= kMost) return AllChoices(states);
  std::vector<int> kept = states;
  for (int& choice : kept) --choice;
  std::set<std::vector<int>> all;
  AddChoicesNear(kept, states, &all);
  AddChoicesNear(std::vector<int>(states.size(), 0), states, &all);
  return all;
}

}  // namespace

std::vector<FaultFileSystem::Unsynced> FaultFileSystem::FindUnsynced() const {
  std::vector<Unsynced> unsynced;
  std::set<const Entry*> seen;
  for (const auto& [path, name] : names_) {
    if (name.size() > 1) {
      unsynced.push_back({.what = absl::StrCat("name ", path),
                          .path = path,
                          .states = static_cast<int>(name.size())});
    }
    for (const std::shared_ptr<Entry>& entry : name) {
      if (entry == nullptr || !seen.insert(entry.get()).second) continue;
      std::vector<std::string> contents =
          ContentStates(entry->synced_content, entry->content);
      if (contents.size() == 1) continue;
      const int states = static_cast<int>(contents.size());
      unsynced.push_back({.what = absl::StrCat("content of ", path),
                          .entry = entry,
                          .contents = std::move(contents),
                          .states = states});
    }
  }
  return unsynced;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::Restart(
    const std::vector<Unsynced>& unsynced,
    absl::Span<const int> choices) const {
  CAIRN_CHECK(choices.size() == unsynced.size());
  std::map<std::string, std::shared_ptr<Entry>> found;
  for (const auto& [path, name] : names_) found[path] = name.back();
  std::map<const Entry*, std::string> contents;
  for (size_t i = 0; i < choices.size(); ++i) {
    CAIRN_CHECK(choices[i] >= 0 && choices[i] < unsynced[i].states);
    if (unsynced[i].entry == nullptr) {
      found[unsynced[i].path] = names_.at(unsynced[i].path)[choices[i]];
    } else {
      contents[unsynced[i].entry.get()] = unsynced[i].contents[choices[i]];
    }
  }
  auto after = std::make_unique<FaultFileSystem>();
  MutexLock lock(after->mutex_);
  std::map<const Entry*, std::shared_ptr<Entry>> copies;
  for (const auto& [path, entry] : found) {
    if (entry == nullptr) continue;
    std::shared_ptr<Entry>& copy = copies[entry.get()];
    if (copy == nullptr) {
      copy = std::make_shared<Entry>(*entry);
      const auto chosen = contents.find(entry.get());
      if (chosen != contents.end()) copy->content = chosen->second;
      copy->synced_content = copy->content;
    }
    after->names_[path] = {copy};
  }
  return after;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::AfterKill() const {
  MutexLock lock(mutex_);
  auto after = std::make_unique<FaultFileSystem>();
  MutexLock after_lock(after->mutex_);
  std::map<const Entry*, std::shared_ptr<Entry>> copies = {{nullptr, nullptr}};
  for (const auto& [path, name] : names_) {
    Name& copied = after->names_[path];
    copied.clear();
    for (const std::shared_ptr<Entry>& entry : name) {
      std::shared_ptr<Entry>& copy = copies[entry.get()];
      if (entry != nullptr && copy == nullptr) {
        copy = std::make_shared<Entry>(*entry);
      }
      copied.push_back(copy);
    }
  }
  return after;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::AfterPowerCutLosingAll()
    const {
  return AfterPowerCut(std::vector<int>(PowerCutStates().size(), 0));
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::AfterPowerCutKeepingAll()
    const {
  std::vector<int> choices = PowerCutStates();
  for (int& choice : choices) --choice;
  return AfterPowerCut(choices);
}

std::vector<int> FaultFileSystem::PowerCutStates() const {
  MutexLock lock(mutex_);
  std::vector<int> states;
  for (const Unsynced& item : FindUnsynced()) states.push_back(item.states);
  return states;
}

std::unique_ptr<FaultFileSystem> FaultFileSystem::AfterPowerCut(
    absl::Span<const int> choices) const {
  MutexLock lock(mutex_);
  return Restart(FindUnsynced(), choices);
}

void FaultFileSystem::ForEachPowerCut(
    const std::function<void(FaultFileSystem& after,
                             const std::string& choices)>& check) const {
  const std::vector<Unsynced> unsynced = [&] {
    MutexLock lock(mutex_);
    return FindUnsynced();
  }();
  std::vector<int> states;
  for (const Unsynced& item : unsynced) states.push_back(item.states);
  for (const std::vector<int>& choices : PowerCutChoices(states)) {
    std::vector<std::string> text;
    for (size_t i = 0; i < choices.size(); ++i) {
      text.push_back(absl::StrCat(unsynced[i].what, " in state ", choices[i],
                                  " of ", states[i]));
    }
    check(*AfterPowerCut(choices), absl::StrJoin(text, ", "));
  }
}

}  // namespace cairn
