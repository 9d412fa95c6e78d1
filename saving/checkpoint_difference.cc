#include "saving/checkpoint_difference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <type_traits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"
#include "core/tensor/dtype.h"
#include "core/tensor/element_types.h"
#include "core/tensor/tensor.h"

namespace cairn {
namespace {

using Kind = EntryDifference::Kind;
using EntryName = std::pair<std::string, std::string>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kMostOfText = 60;

std::map<EntryName, const NamedEntry*> ByName(const NamedCheckpoint& from) {
  std::map<EntryName, const NamedEntry*> entries;
  for (const NamedEntry& entry : from.entries()) {
    entries[{entry.part, entry.name}] = &entry;
  }
  return entries;
}

std::string SpecText(const BundleEntry& entry) {
  return absl::StrCat(entry.dtype_name, " ", ShapeToString(entry.shape));
}

// How far two elements lie apart: absolute, and relative to the larger.
struct Distance {
  double absolute = 0;
  double relative = 0;
};

template <typename T>
Distance DistanceOf(T a, T b) {
  if constexpr (kIsFloatingElement<T>) {
    const double x = ElementToDouble(a), y = ElementToDouble(b);
    if (x == y || (std::isnan(x) && std::isnan(y))) return {};
    if (!std::isfinite(x) || !std::isfinite(y)) return {kInfinity, kInfinity};
    // Halves, as the difference of the largest numbers has no double.
    const double half = std::abs(x / 2 - y / 2);
    return {std::abs(x - y), half / std::max(std::abs(x / 2), std::abs(y / 2))};
  } else if constexpr (std::is_same_v<T, bool>) {
    return a == b ? Distance() : Distance{1, 1};
  } else {
    if (a == b) return {};
    using Magnitude = std::make_unsigned_t<T>;
    const auto apart =
        static_cast<Magnitude>(static_cast<Magnitude>(std::max(a, b)) -
                               static_cast<Magnitude>(std::min(a, b)));
    const double larger = std::max(std::abs(static_cast<double>(a)),
                                   std::abs(static_cast<double>(b)));
    return {static_cast<double>(apart), static_cast<double>(apart) / larger};
  }
}

template <typename T>
void CompareElements(const Tensor& first, const Tensor& second, bool bitwise,
                     EntryDifference& found) {
  const absl::Span<const T> a = ElementsOf<T>(first), b = ElementsOf<T>(second);
  found.elements = first.size();
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(T)) == 0) continue;
    const Distance distance = DistanceOf(a[i], b[i]);
    if (!bitwise && distance.absolute == 0) continue;
    ++found.different;
    found.largest_absolute =
        std::max(found.largest_absolute, distance.absolute);
    found.largest_relative =
        std::max(found.largest_relative, distance.relative);
  }
}

std::string Shortened(std::string text) {
  text = absl::Utf8SafeCEscape(text);
  if (text.size() <= kMostOfText) return text;
  return absl::StrCat(text.substr(0, kMostOfText), "...");
}

// Sets what stands at the first place where two configs differ.
void FindFirstDifference(const Config& a, const Config& b,
                         const std::string& path, EntryDifference& found) {
  if (a.is_object() && b.is_object()) {
    const auto members = *a.As<Config::Object>();
    for (const auto& [key, value] : members) {
      const auto other = b.Find(key);
      const std::string below =
          absl::StrCat(path, path.empty() ? "" : ".", key);
      if (!other.ok()) {
        found.first = Shortened(absl::StrCat(below, " = ", value.ToJson()));
        found.second = absl::StrCat("no ", below);
        return;
      }
      if (value.ToJson() != (*other)->ToJson()) {
        return FindFirstDifference(value, **other, below, found);
      }
    }
    const auto others = *b.As<Config::Object>();
    for (const auto& [key, value] : others) {
      if (a.Find(key).ok()) continue;
      const std::string below =
          absl::StrCat(path, path.empty() ? "" : ".", key);
      found.first = absl::StrCat("no ", below);
      found.second = Shortened(absl::StrCat(below, " = ", value.ToJson()));
      return;
    }
  }
  const std::string begin = path.empty() ? "" : absl::StrCat(path, " = ");
  found.first = Shortened(absl::StrCat(begin, a.ToJson()));
  found.second = Shortened(absl::StrCat(begin, b.ToJson()));
}

// Whether the texts, which are not the same, say the same.
bool CompareTexts(const std::string& first, const std::string& second,
                  bool bitwise, EntryDifference& found) {
  const auto a = Config::FromJson(first), b = Config::FromJson(second);
  if (a.ok() && b.ok()) {
    // Written anew, so that a NaN equals a NaN.
    if (!bitwise && a->ToJson() == b->ToJson()) return true;
    FindFirstDifference(*a, *b, "", found);
    return false;
  }
  const auto nodes = DecodeTrackableObjectGraph(first);
  const auto others = DecodeTrackableObjectGraph(second);
  const bool are_graphs =
      found.name == kObjectGraphKey && nodes.ok() && others.ok();
  if (are_graphs && !bitwise && *nodes == *others) return true;
  if (are_graphs) {
    found.first = absl::StrCat("an object graph of ", nodes->size(), " nodes");
    found.second =
        absl::StrCat("an object graph of ", others->size(), " nodes");
    return false;
  }
  const size_t place =
      std::mismatch(first.begin(), first.end(), second.begin(), second.end())
          .first -
      first.begin();
  const size_t from = place - std::min<size_t>(place, 10);
  found.first = Shortened(first.substr(from));
  found.second = Shortened(second.substr(from));
  return false;
}

class Comparison {
 public:
  Comparison(const NamedCheckpoint& first, const NamedCheckpoint& second,
             const DifferenceOptions& options)
      : first_(first), second_(second), options_(options) {}

  absl::StatusOr<CheckpointDifference> Compare() {
    const auto firsts = ByName(first_), seconds = ByName(second_);
    for (const auto& [name, entry] : firsts) {
      const auto other = seconds.find(name);
      if (other != seconds.end()) {
        CAIRN_RETURN_IF_ERROR(CompareEntries(*entry, *other->second));
        ++result_.compared;
      } else {
        Add(*entry, Kind::kOnlyInFirst).first = SpecText(entry->entry);
      }
    }
    for (const auto& [name, entry] : seconds) {
      if (firsts.count(name) > 0) continue;
      Add(*entry, Kind::kOnlyInSecond).second = SpecText(entry->entry);
    }
    return std::move(result_);
  }

 private:
  EntryDifference& Add(const NamedEntry& entry, Kind kind) {
    result_.entries.push_back(
        {.kind = kind, .part = entry.part, .name = entry.name});
    return result_.entries.back();
  }

  absl::Status CompareEntries(const NamedEntry& entry,
                              const NamedEntry& other) {
    const BundleEntry& a = entry.entry;
    const BundleEntry& b = other.entry;
    if (a.dtype_number != b.dtype_number || a.shape != b.shape) {
      EntryDifference& found = Add(
          entry, a.dtype_number != b.dtype_number ? Kind::kType : Kind::kShape);
      found.first = SpecText(a);
      found.second = SpecText(b);
      return absl::OkStatus();
    }
    if (a.is_string()) return CompareStrings(entry, other);
    if (!DTypeFromName(a.dtype_name).has_value()) {
      return CompareChecksums(entry, other);
    }
    CAIRN_ASSIGN_OR_RETURN(const Tensor x, first_.bundle().ReadTensor(a));
    CAIRN_ASSIGN_OR_RETURN(const Tensor y, second_.bundle().ReadTensor(b));
    EntryDifference found{.part = entry.part, .name = entry.name};
    WithElementType(x.dtype(), [&](auto element) {
      CompareElements<decltype(element)>(x, y, options_.bitwise, found);
    });
    if (found.different > 0) result_.entries.push_back(std::move(found));
    return absl::OkStatus();
  }

  absl::Status CompareStrings(const NamedEntry& entry,
                              const NamedEntry& other) {
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> firsts,
                           first_.bundle().ReadStrings(entry.entry));
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> seconds,
                           second_.bundle().ReadStrings(other.entry));
    EntryDifference found{
        .kind = Kind::kText, .part = entry.part, .name = entry.name};
    for (size_t i = 0; i < firsts.size(); ++i) {
      if (firsts[i] == seconds[i] ||
          CompareTexts(firsts[i], seconds[i], options_.bitwise, found)) {
        continue;
      }
      result_.entries.push_back(std::move(found));
      break;
    }
    return absl::OkStatus();
  }

  // Of a type that nobody here computes with.
  absl::Status CompareChecksums(const NamedEntry& entry,
                                const NamedEntry& other) {
    CAIRN_RETURN_IF_ERROR(first_.bundle().Verify(entry.entry));
    CAIRN_RETURN_IF_ERROR(second_.bundle().Verify(other.entry));
    if (entry.entry.masked_crc == other.entry.masked_crc &&
        entry.entry.size == other.entry.size) {
      return absl::OkStatus();
    }
    EntryDifference& found = Add(entry, Kind::kText);
    found.first = absl::StrCat("checksum ", absl::Hex(entry.entry.masked_crc));
    found.second = absl::StrCat("checksum ", absl::Hex(other.entry.masked_crc));
    return absl::OkStatus();
  }

  const NamedCheckpoint& first_;
  const NamedCheckpoint& second_;
  const DifferenceOptions options_;
  CheckpointDifference result_;
};

}  // namespace

absl::StatusOr<CheckpointDifference> CompareCheckpoints(
    const NamedCheckpoint& first, const NamedCheckpoint& second,
    const DifferenceOptions& options) {
  return Comparison(first, second, options).Compare();
}

}  // namespace cairn
