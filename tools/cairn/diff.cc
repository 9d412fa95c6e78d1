// `cairn diff A B`: what differs between two checkpoints.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"
#include "core/io/user_path.h"
#include "saving/checkpoint_difference.h"
#include "saving/named_checkpoint.h"
#include "tools/cairn/table.h"
#include "tools/cairn/verb.h"

namespace cairn {
namespace {

using Kind = EntryDifference::Kind;

std::string KindName(Kind kind) {
  switch (kind) {
    case Kind::kOnlyInFirst:
      return "only in first";
    case Kind::kOnlyInSecond:
      return "only in second";
    case Kind::kType:
      return "dtype";
    case Kind::kShape:
      return "shape";
    case Kind::kValues:
      return "values";
    case Kind::kText:
      break;
  }
  return "text";
}

std::string DetailOf(const EntryDifference& found) {
  switch (found.kind) {
    case Kind::kOnlyInFirst:
      return found.first;
    case Kind::kOnlyInSecond:
      return found.second;
    case Kind::kValues:
      return absl::StrCat(found.different, " of ", found.elements);
    default:
      return absl::StrCat(found.first, " | ", found.second);
  }
}

void PrintTable(const CheckpointDifference& difference, std::ostream& out) {
  if (difference.entries.empty()) {
    out << "equal: " << difference.compared << " entries\n";
    return;
  }
  constexpr auto kRight = Table::Column::Side::kRight;
  Table table({{"differs"},
               {"part"},
               {"name"},
               {"absolute", kRight},
               {"relative", kRight},
               {"what"}});
  for (const EntryDifference& found : difference.entries) {
    const bool has_numbers = found.kind == Kind::kValues;
    table.AddRow(
        {KindName(found.kind), found.part, found.name,
         has_numbers ? absl::StrFormat("%.3g", found.largest_absolute) : "-",
         has_numbers ? absl::StrFormat("%.3g", found.largest_relative) : "-",
         DetailOf(found)});
  }
  out << table.ToString() << "\n"
      << difference.entries.size() << " differences; " << difference.compared
      << " entries are in both\n";
}

Config FoundConfig(const EntryDifference& found) {
  Config::Object config = {{"differs", KindName(found.kind)},
                           {"part", found.part},
                           {"name", found.name}};
  if (found.kind == Kind::kValues) {
    config.emplace_back("elements", found.elements);
    config.emplace_back("different", found.different);
    config.emplace_back("largest_absolute", found.largest_absolute);
    config.emplace_back("largest_relative", found.largest_relative);
    return config;
  }
  const auto text = [](const std::string& value) {
    return value.empty() ? Config() : Config(value);
  };
  config.emplace_back("first", text(found.first));
  config.emplace_back("second", text(found.second));
  return config;
}

absl::StatusOr<Answer> Diff(const Invocation& invocation, std::ostream& out) {
  CAIRN_ASSIGN_OR_RETURN(
      const std::unique_ptr<NamedCheckpoint> first,
      NamedCheckpoint::Open(UserPath(invocation.arguments[0])));
  CAIRN_ASSIGN_OR_RETURN(
      const std::unique_ptr<NamedCheckpoint> second,
      NamedCheckpoint::Open(UserPath(invocation.arguments[1])));
  CAIRN_ASSIGN_OR_RETURN(
      const CheckpointDifference difference,
      CompareCheckpoints(*first, *second,
                         {.bitwise = invocation.Has("--bitwise")}));
  const bool equal = difference.entries.empty();
  if (invocation.Has("--json")) {
    Config::List list;
    for (const EntryDifference& found : difference.entries) {
      list.push_back(FoundConfig(found));
    }
    out << Config(Config::Object{{"first", first->prefix()},
                                 {"second", second->prefix()},
                                 {"equal", equal},
                                 {"compared", difference.compared},
                                 {"differences", std::move(list)}})
               .ToJson(2)
        << "\n";
  } else {
    PrintTable(difference, out);
  }
  return equal ? Answer::kYes : Answer::kNo;
}

const VerbRegistrar registrar(
    {.name = "diff",
     .arguments = {"A", "B"},
     .options = {{"--bitwise", "", "equal means the same bytes"},
                 {"--json", "", "an object with a list \"differences\""}},
     .purpose = "compare two checkpoints: names, types, shapes, values",
     .details =
         "Of each tensor the largest absolute and relative difference; the "
         "latter is to\nthe larger of the two magnitudes. Configs, states and "
         "counters are compared too.\nWithout --bitwise a NaN equals any NaN, "
         "and 0 equals -0. A NaN or an infinity in\none alone differs by "
         "infinity. A folder means its newest good checkpoint.\nExits with 0 "
         "if they are equal, 1 if they differ, 2 if one cannot be read.",
     .failure_code = 2,
     .run = Diff});

}  // namespace
}  // namespace cairn
