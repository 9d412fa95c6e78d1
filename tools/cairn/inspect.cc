// `cairn inspect CHECKPOINT`: every tensor of a checkpoint, whoever wrote it.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/config.h"
#include "core/base/status_macros.h"
#include "core/io/user_path.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"
#include "saving/checkpoint_reader.h"
#include "saving/save.h"
#include "tools/cairn/table.h"
#include "tools/cairn/verb.h"

namespace cairn {
namespace {

// One tensor as it is shown.
struct Row {
  std::string part, path, dtype;
  Shape shape;
  int64_t bytes = 0;
  std::string key;
};

std::string PartName(Part part) {
  switch (part) {
    case Part::kArchitecture:
      return "architecture";
    case Part::kWeights:
      return "weights";
    case Part::kCompile:
      return "compile";
    case Part::kOptimizer:
      return "optimizer";
    case Part::kExtras:
      return "extras";
  }
  return "other";
}

Row RowOf(const TensorEntry& entry) {
  const bool is_extra = entry.part == Part::kExtras;
  // A tensor that belongs to no part is shown by what the file calls it.
  const bool known = !is_extra || !entry.state.empty();
  return {.part = known ? PartName(entry.part) : "other",
          .path = !known     ? entry.key
                  : is_extra ? absl::StrCat(entry.state, "/", entry.path)
                             : entry.path,
          .dtype = std::string(DTypeName(entry.spec.dtype)),
          .shape = entry.spec.shape,
          .bytes = static_cast<int64_t>(ByteSize(entry.spec)),
          .key = entry.key};
}

// What a TensorFlow checkpoint has beyond tensors of our types: strings, such
// as the object graph and our configs.
absl::Status AddOtherEntries(const std::string& path, std::vector<Row>& rows) {
  std::set<std::string> shown;
  for (const Row& row : rows) shown.insert(row.key);
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> reader,
                         CheckpointReader::Open(path));
  for (const CheckpointReader::Entry& entry : reader->entries()) {
    if (shown.count(entry.key) > 0) continue;
    rows.push_back({.part = "other",
                    .path = entry.key,
                    .dtype = entry.dtype,
                    .shape = entry.shape,
                    .bytes = entry.bytes,
                    .key = entry.key});
  }
  return absl::OkStatus();
}

std::vector<std::string> PartNames(const Parts& parts) {
  std::vector<std::string> names;
  for (const Part part : parts) names.push_back(PartName(part));
  return names;
}

void PrintTable(const std::vector<std::string>& parts,
                const std::vector<Row>& rows, std::ostream& out) {
  constexpr auto kRight = Table::Column::Side::kRight;
  Table table({{"part"}, {"path"}, {"dtype"}, {"shape"}, {"bytes", kRight}});
  int64_t bytes = 0;
  for (const Row& row : rows) {
    table.AddRow({row.part, row.path, row.dtype, ShapeToString(row.shape),
                  absl::StrCat(row.bytes)});
    bytes += row.bytes;
  }
  out << "holds " << absl::StrJoin(parts, ", ") << "\n\n"
      << table.ToString() << "\n"
      << rows.size() << " tensors, " << bytes << " bytes\n";
}

Config RowConfig(const Row& row) {
  Config::List shape;
  for (const int64_t dimension : row.shape) shape.push_back(dimension);
  return Config::Object{{"part", row.part},   {"path", row.path},
                        {"dtype", row.dtype}, {"shape", std::move(shape)},
                        {"bytes", row.bytes}, {"key", row.key}};
}

absl::Status Inspect(const Invocation& invocation, std::ostream& out) {
  const std::string path = UserPath(invocation.arguments[0]);
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                         OpenSnapshot(path));
  std::vector<Row> rows;
  for (const TensorEntry& entry : reader->tensors()) {
    rows.push_back(RowOf(entry));
  }
  if (reader->format() == "tf_checkpoint") {
    CAIRN_RETURN_IF_ERROR(AddOtherEntries(path, rows));
  }
  const std::vector<std::string> parts = PartNames(reader->parts());
  if (invocation.flags.count("--json") == 0) {
    PrintTable(parts, rows, out);
    return absl::OkStatus();
  }
  Config::List part_list(parts.begin(), parts.end()), tensors;
  for (const Row& row : rows) tensors.push_back(RowConfig(row));
  out << Config(Config::Object{{"path", path},
                               {"format", reader->format()},
                               {"parts", std::move(part_list)},
                               {"tensors", std::move(tensors)}})
             .ToJson(2)
      << "\n";
  return absl::OkStatus();
}

const VerbRegistrar registrar(
    {.name = "inspect",
     .arguments = {"CHECKPOINT"},
     .flags = {"--json"},
     .purpose = "list every tensor: part, path, type, shape, bytes",
     .run = Inspect});

}  // namespace
}  // namespace cairn
