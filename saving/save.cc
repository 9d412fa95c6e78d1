#include "saving/save.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "saving/checkpoint_directory.h"

namespace cairn {
namespace {

absl::StatusOr<const Format*> ChooseFormat(const std::string& path,
                                           const SaveOptions& options) {
  // What Keras would make of a suffix, so that no file lies about its content.
  // Of a prefix that ends as an index does, reading would take another.
  for (const char* suffix : {".keras", ".h5", ".hdf5", ".json", ".index"}) {
    if (absl::EndsWith(path, suffix)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", path,
          "\" has the suffix of another kind of file; weights are "
          "written as a TensorFlow checkpoint: give a prefix without \"",
          suffix, "\""));
    }
  }
  if (options.shard_bytes < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("SaveOptions::shard_bytes is ", options.shard_bytes,
                     "; a data file takes at least 1 byte"));
  }
  if (options.bytes_per_second < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "SaveOptions::bytes_per_second is ", options.bytes_per_second,
        "; give a rate above 0, or 0 for none"));
  }
  if (BaseName(path).empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", path,
                     "\" is no name for a checkpoint; give a prefix such as "
                     "\"",
                     path, "weights\""));
  }
  const std::string name =
      options.format.empty() ? "tf_checkpoint" : options.format;
  if (const Format* const format = FindFormat(name)) return format;
  std::vector<std::string> known;
  for (const Format* format : Formats()) {
    known.emplace_back(format->name());
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there is no file format \"", name,
                   "\"; known: ", absl::StrJoin(known, ", ")));
}

bool IsRecognized(FileSystem& files, const std::string& path) {
  for (const Format* const format : Formats()) {
    if (format->Recognizes(files, path)) return true;
  }
  return false;
}

// The model in place of the root above it, as Keras's save_weights() writes it;
// the optimizer becomes a member of the model.
void MakeModelTheRoot(Snapshot& snapshot) {
  std::vector<ObjectGraph::Node>& nodes = snapshot.objects.Mutable().nodes;
  int model = 0;
  std::vector<ObjectGraph::Edge> others;
  for (const ObjectGraph::Edge& edge : nodes[0].edges) {
    if (edge.name == "model") {
      model = edge.node;
    } else {
      others.push_back(edge);
    }
  }
  std::swap(nodes[0], nodes[model]);
  // Nothing leads to the old root.
  for (ObjectGraph::Edge& edge : others) nodes[0].edges.push_back(edge);
  nodes[model] = {};
}

}  // namespace

absl::Status WriteSnapshot(const Snapshot& snapshot, const std::string& path,
                           const SaveOptions& options) {
  std::unique_ptr<SnapshotWriter> writer;
  return WriteSnapshot(snapshot, path, options, writer);
}

absl::Status WriteSnapshot(const Snapshot& snapshot, const std::string& path,
                           const SaveOptions& options,
                           std::unique_ptr<SnapshotWriter>& writer) {
  CAIRN_ASSIGN_OR_RETURN(const Format* const format,
                         ChooseFormat(path, options));
  FileSystem& files = *options.files;
  if (options.overwrite == Overwrite::kFail &&
      format->Recognizes(files, path)) {
    return absl::AlreadyExistsError(absl::StrCat(
        path,
        " is there already; remove it, give another name, or allow it "
        "to be replaced"));
  }
  CAIRN_RETURN_IF_ERROR(Annotate(files.CreateDirectories(DirectoryOf(path)),
                                 absl::StrCat("saving ", path)));
  if (writer == nullptr) writer = format->NewWriter();
  return writer->Write(snapshot, path, options);
}

absl::Status CheckSavePath(const std::string& path,
                           const SaveOptions& options) {
  return ChooseFormat(path, options).status();
}

absl::Status SaveWeights(Model& model, const std::string& path,
                         const SaveOptions& options) {
  Parts parts = {Part::kWeights};
  if (options.include_optimizer) parts.insert(Part::kOptimizer);
  CAIRN_ASSIGN_OR_RETURN(Snapshot snapshot, model.TakeSnapshot(parts));
  MakeModelTheRoot(snapshot);
  CAIRN_RETURN_IF_ERROR(WriteSnapshot(snapshot, path, options));
  return WriteCheckpointState(DirectoryOf(path), {path}, {}, options);
}

absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenSnapshot(
    const std::string& path, const LoadOptions& options) {
  FileSystem& files = *options.files;
  std::string prefix = path;
  if (absl::EndsWith(prefix, ".index")) {
    prefix.resize(prefix.size() - std::string(".index").size());
  } else if (!IsRecognized(files, path) && files.List(path).ok()) {
    CAIRN_ASSIGN_OR_RETURN(prefix, LatestCheckpoint(path, files));
  }
  return OpenFile(files, prefix);
}

absl::StatusOr<Snapshot> ReadSnapshot(const std::string& path,
                                      const Parts& parts,
                                      const LoadOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                         OpenSnapshot(path, options));
  return ReadAll(*reader, parts);
}

absl::StatusOr<RestoreReport> LoadWeights(Model& model, const std::string& path,
                                          const RestoreOptions& restore,
                                          const LoadOptions& options) {
  Parts parts = {Part::kWeights};
  if (model.compiled()) parts.insert(Part::kOptimizer);
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                         OpenSnapshot(path, options));
  CAIRN_ASSIGN_OR_RETURN(const Snapshot snapshot,
                         ReadForRestore(*reader, parts));
  const auto report = model.Restore(snapshot, restore);
  if (!report.ok()) return Annotate(report.status(), path);
  return report;
}

absl::Status VerifySnapshot(const std::string& path,
                            const LoadOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                         OpenSnapshot(path, options));
  return reader->Verify();
}

}  // namespace cairn
