#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "core/base/annotate.h"
#include "core/base/log.h"
#include "core/base/status_macros.h"
#include "core/io/file_system.h"
#include "core/runtime/run_in_parallel.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/codec/trackable_object_graph.h"
#include "saving/format.h"
#include "saving/staged_write.h"
#include "saving/trackable_objects.h"

namespace cairn {
namespace {

constexpr char kSaveCounter[] = "save_counter";

// What TensorFlow has no place for lies under keys that its object graph does
// not mention, so that it never asks for them:
//
//   _CAIRN/architecture, _CAIRN/compile    configs as JSON
//   _CAIRN/state/<key>                     a state's values as JSON
//   _CAIRN/state/<key>/<tensor>            a state's tensors
//
// with '/' and '.' in names escaped as in TensorFlow's keys.
constexpr char kOurs[] = "_CAIRN/";
constexpr char kArchitecture[] = "_CAIRN/architecture";
constexpr char kCompile[] = "_CAIRN/compile";
constexpr char kStates[] = "_CAIRN/state/";

// The name that EscapeLocalName() was given.
std::string UnescapeLocalName(absl::string_view escaped) {
  std::string name;
  for (size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '.' || i + 1 == escaped.size()) {
      name += escaped[i];
    } else {
      name += escaped[++i] == 'S' ? '/' : '.';
    }
  }
  return name;
}

std::string StateKey(absl::string_view state) {
  return absl::StrCat(kStates, EscapeLocalName(state));
}

std::string StateTensorKey(absl::string_view state, absl::string_view tensor) {
  return absl::StrCat(StateKey(state), "/", EscapeLocalName(tensor));
}

// How many data files a bundle that is to replace the one at `prefix` has: one
// and two alternate, so that the new ones lie beside the old ones until the
// index is renamed.
struct ShardCounts {
  int before = 0;  // 0: nothing that could be read lies there.
  int now = 1;
};

absl::StatusOr<ShardCounts> ChooseShardCounts(const std::string& prefix,
                                              const SaveOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const bool exists,
                         options.files->Exists(BundleIndexPath(prefix)));
  if (!exists) return ShardCounts{};
  // Asked here too: Recognizes() cannot tell that it was not able to look.
  if (options.overwrite == Overwrite::kFail) {
    return absl::AlreadyExistsError("its index is there already");
  }
  const auto old = BundleReader::Open(*options.files, prefix);
  if (old.ok()) {
    const int before = (*old)->shard_count();
    return ShardCounts{before, before == 1 ? 2 : 1};
  }
  // What is damaged cannot be lost any more. What could not be read just now
  // may be good, and its data files must not be written over.
  if (absl::IsDataLoss(old.status()) || absl::IsNotFound(old.status())) {
    return ShardCounts{};
  }
  return Annotate(old.status(), "the checkpoint that is to be replaced");
}

// Of all tensors.
int64_t CountBytes(const Snapshot& snapshot) {
  int64_t bytes = 0;
  const auto add = [&](const std::vector<NamedTensor>& tensors) {
    for (const NamedTensor& tensor : tensors) {
      bytes += static_cast<int64_t>(ByteSize(tensor.value.spec()));
    }
  };
  add(snapshot.weights);
  add(snapshot.optimizer);
  for (const auto& [key, state] : snapshot.extras) add(state.tensors);
  return bytes;
}

absl::Status WriteTensors(const Snapshot& snapshot,
                          const TrackableObjects& objects,
                          BundleWriter& writer) {
  std::map<std::pair<Part, absl::string_view>, const Tensor*> values;
  for (const NamedTensor& tensor : snapshot.weights) {
    values[{Part::kWeights, tensor.name}] = &tensor.value;
  }
  for (const NamedTensor& tensor : snapshot.optimizer) {
    values[{Part::kOptimizer, tensor.name}] = &tensor.value;
  }
  const Tensor counter = Tensor::Scalar<int64_t>(snapshot.save_counter);
  values[{Part::kExtras, kSaveCounter}] = &counter;
  for (const TrackableTensor& tensor : objects.tensors) {
    const auto value = values.find({tensor.part, tensor.name});
    if (value == values.end()) {
      return absl::InternalError(
          absl::StrCat("the snapshot has no tensor \"", tensor.name, "\""));
    }
    CAIRN_RETURN_IF_ERROR(writer.AddTensor(tensor.key, *value->second));
  }
  return absl::OkStatus();
}

absl::Status WriteExtras(const Snapshot& snapshot, BundleWriter& writer) {
  if (!snapshot.architecture.is_null()) {
    CAIRN_RETURN_IF_ERROR(
        writer.AddString(kArchitecture, snapshot.architecture.ToJson()));
  }
  if (!snapshot.compile.is_null()) {
    CAIRN_RETURN_IF_ERROR(
        writer.AddString(kCompile, snapshot.compile.ToJson()));
  }
  for (const auto& [key, state] : snapshot.extras) {
    CAIRN_RETURN_IF_ERROR(
        writer.AddString(StateKey(key), state.values.ToJson()));
    for (const NamedTensor& tensor : state.tensors) {
      CAIRN_RETURN_IF_ERROR(
          writer.AddTensor(StateTensorKey(key, tensor.name), tensor.value));
    }
  }
  return absl::OkStatus();
}

// The data files of the bundle that was replaced. Nobody reads them any more,
// so one that stays is no error.
void RemoveOldData(FileSystem& files, const std::string& prefix,
                   int shard_count) {
  for (int shard = 0; shard < shard_count; ++shard) {
    const absl::Status removed =
        files.Remove(BundleDataPath(prefix, shard, shard_count));
    if (!removed.ok() && !absl::IsNotFound(removed)) {
      LogWarning(absl::StrCat("an old data file stays: ", removed.message()));
    }
  }
}

absl::StatusOr<Config> ParseConfig(const BundleReader& bundle,
                                   const BundleEntry& entry) {
  std::vector<std::string> texts;
  if (entry.is_string()) {
    CAIRN_ASSIGN_OR_RETURN(texts, bundle.ReadStrings(entry));
  }
  const auto config = texts.size() == 1
                          ? Config::FromJson(texts[0])
                          : absl::InvalidArgumentError("not one text");
  if (config.ok()) return config;
  return absl::DataLossError(absl::StrCat(bundle.prefix(), ": entry \"",
                                          entry.key,
                                          "\": ", config.status().message()));
}

// An entry's bytes, in its data file.
class BundleContent : public TensorContent {
 public:
  BundleContent(std::shared_ptr<const BundleReader> bundle,
                const BundleEntry& entry)
      : bundle_(std::move(bundle)), entry_(entry) {}
  absl::Status Read(int64_t offset,
                    absl::Span<std::byte> destination) const override {
    return bundle_->ReadPart(entry_, offset, destination);
  }

 private:
  const std::shared_ptr<const BundleReader> bundle_;
  const BundleEntry& entry_;
};

class TfCheckpointReader : public SnapshotReader {
 public:
  static absl::StatusOr<std::unique_ptr<SnapshotReader>> Open(
      FileSystem& files, const std::string& prefix) {
    auto reader = std::make_unique<TfCheckpointReader>();
    CAIRN_ASSIGN_OR_RETURN(reader->bundle_, BundleReader::Open(files, prefix));
    reader->tested_ =
        std::vector<std::atomic<bool>>(reader->bundle_->entries().size());
    CAIRN_RETURN_IF_ERROR(reader->ReadObjects());
    CAIRN_RETURN_IF_ERROR(reader->ReadOurs());
    return reader;
  }

  absl::string_view format() const override { return "tf_checkpoint"; }
  const Parts& parts() const override { return parts_; }
  absl::Span<const TensorEntry> tensors() const override { return tensors_; }
  const ObjectGraph& objects() const override { return objects_; }
  int64_t save_counter() const override { return save_counter_; }

  absl::StatusOr<Tensor> ReadTensor(const TensorEntry& entry) const override {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry* const found, Find(entry));
    auto value = bundle_->ReadTensor(*found);
    if (value.ok()) tested(*found) = true;
    return value;
  }

  absl::Status ReadTensorInto(const TensorEntry& entry,
                              absl::Span<std::byte> bytes) const override {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry* const found, Find(entry));
    return bundle_->ReadTensorInto(*found, bytes);
  }

  absl::Status VerifyTensor(const TensorEntry& entry) const override {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry* const found, Find(entry));
    return VerifyEntry(*found);
  }

  std::shared_ptr<const TensorContent> FindContent(
      const TensorEntry& entry) const override {
    const BundleEntry* const found = bundle_->Find(entry.key);
    if (found == nullptr || !bundle_->IsPlain(*found)) return nullptr;
    return std::make_shared<BundleContent>(bundle_, *found);
  }

  absl::StatusOr<Config> ReadConfig(Part part) const override {
    if (part == Part::kExtras) return Config(states_);
    const BundleEntry* const entry =
        bundle_->Find(part == Part::kArchitecture ? kArchitecture : kCompile);
    if (entry == nullptr) return Config();
    return ParseConfig(*bundle_, *entry);
  }

  absl::Status Verify() const override {
    const absl::Span<const BundleEntry> entries = bundle_->entries();
    return RunInParallel(static_cast<int64_t>(entries.size()), [&](int64_t i) {
      return tested(entries[i]) ? absl::OkStatus() : VerifyEntry(entries[i]);
    });
  }

 private:
  absl::StatusOr<const BundleEntry*> Find(const TensorEntry& entry) const {
    const BundleEntry* const found = bundle_->Find(entry.key);
    if (found != nullptr) return found;
    return absl::NotFoundError(
        absl::StrCat(bundle_->prefix(), " has no entry \"", entry.key, "\""));
  }

  absl::Status VerifyEntry(const BundleEntry& entry) const {
    const absl::Status status = bundle_->Verify(entry);
    if (status.ok()) tested(entry) = true;
    return status;
  }

  // Whether the entry was read and is good. REQUIRES: it is the bundle's own.
  std::atomic<bool>& tested(const BundleEntry& entry) const {
    return tested_[&entry - bundle_->entries().data()];
  }

  absl::Status ReadObjects() {
    const BundleEntry* const entry = bundle_->Find(kObjectGraphKey);
    if (entry == nullptr) {
      // By names alone, as TensorFlow 1 wrote them.
      for (const BundleEntry& tensor : bundle_->entries()) {
        if (!absl::StartsWith(tensor.key, kOurs)) {
          AddTensor(Part::kWeights, "", tensor.key, tensor);
        }
      }
      return absl::OkStatus();
    }
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                           bundle_->ReadStrings(*entry));
    auto nodes = texts.size() == 1
                     ? DecodeTrackableObjectGraph(texts[0])
                     : absl::DataLossError("not one object graph");
    if (!nodes.ok()) return Annotate(nodes.status(), bundle_->prefix());
    SnapshotObjects found = FromTrackable(*nodes);
    objects_ = std::move(found.objects);
    for (const TrackableTensor& tensor : found.tensors) {
      // A variable that was never given a value has no entry.
      const BundleEntry* const value = bundle_->Find(tensor.key);
      if (value == nullptr) continue;
      AddTensor(tensor.part, "", tensor.name, *value);
      if (tensor.part == Part::kExtras && tensor.name == kSaveCounter &&
          value->dtype_name == "int64" && value->shape.empty()) {
        CAIRN_ASSIGN_OR_RETURN(const Tensor counter,
                               bundle_->ReadTensor(*value));
        save_counter_ = counter.values<int64_t>()[0];
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadOurs() {
    if (bundle_->Find(kArchitecture) != nullptr) {
      parts_.insert(Part::kArchitecture);
    }
    if (bundle_->Find(kCompile) != nullptr) parts_.insert(Part::kCompile);
    for (const BundleEntry& entry : bundle_->entries()) {
      absl::string_view rest = entry.key;
      if (!absl::ConsumePrefix(&rest, kStates)) continue;
      parts_.insert(Part::kExtras);
      const std::vector<absl::string_view> names = absl::StrSplit(rest, '/');
      const std::string state = UnescapeLocalName(names[0]);
      if (names.size() == 1) {
        CAIRN_ASSIGN_OR_RETURN(Config values, ParseConfig(*bundle_, entry));
        states_.emplace_back(state, std::move(values));
      } else if (names.size() == 2) {
        AddTensor(Part::kExtras, state, UnescapeLocalName(names[1]), entry);
      }
    }
    return absl::OkStatus();
  }

  void AddTensor(Part part, const std::string& state, const std::string& path,
                 const BundleEntry& entry) {
    const std::optional<DType> dtype = DTypeFromName(entry.dtype_name);
    // Strings and types that nobody computes with: CheckpointReader lists them.
    if (!dtype.has_value()) return;
    if (part != Part::kExtras) parts_.insert(part);
    tensors_.push_back({.part = part,
                        .state = state,
                        .path = path,
                        .spec = {*dtype, entry.shape},
                        .key = entry.key});
  }

  std::shared_ptr<const BundleReader> bundle_;
  mutable std::vector<std::atomic<bool>> tested_;  // By entry.
  Parts parts_;
  ObjectGraph objects_;
  std::vector<TensorEntry> tensors_;
  Config::Object states_;
  int64_t save_counter_ = 0;
};

// TensorFlow's checkpoint: docs/formats/tf_checkpoint.md.
class TfCheckpoint : public Format {
 public:
  absl::string_view name() const override { return "tf_checkpoint"; }
  absl::string_view short_name() const override { return "tf"; }

  bool Recognizes(FileSystem& files, const std::string& path) const override {
    const auto exists = files.Exists(BundleIndexPath(path));
    return exists.ok() && *exists;
  }

  absl::Status Write(const Snapshot& snapshot, const std::string& path,
                     const SaveOptions& options) const override {
    // A file whose sync has failed cannot be trusted, whatever a second sync
    // says: the system forgets what it could not write. So all is written anew
    // from memory. What else may pass, an answer that a server owes, is tried
    // again likewise.
    constexpr int kAttempts = 3;
    absl::Status status;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      bool in_place = false;
      status = WriteFiles(snapshot, path, options, &in_place);
      // Once in place, what it replaced must stay as it is.
      if (status.ok() || in_place || !absl::IsUnavailable(status)) break;
    }
    return Annotate(status, absl::StrCat("saving ", path));
  }

  absl::StatusOr<std::unique_ptr<SnapshotReader>> Open(
      FileSystem& files, const std::string& path) const override {
    return TfCheckpointReader::Open(files, path);
  }

 private:
  static absl::Status WriteFiles(const Snapshot& snapshot,
                                 const std::string& prefix,
                                 const SaveOptions& options, bool* in_place) {
    if (snapshot.objects.nodes.empty()) {
      return absl::InvalidArgumentError(
          "the snapshot has no objects, such as one read from a file of names "
          "alone; restore it into a model and save that");
    }
    FileSystem& files = *options.files;
    CAIRN_ASSIGN_OR_RETURN(const ShardCounts shards,
                           ChooseShardCounts(prefix, options));
    StagedWrite staged(files, options.sync);
    CAIRN_ASSIGN_OR_RETURN(
        WritableFile* const data,
        staged.Create(BundleDataPath(prefix, 0, shards.now)));
    CAIRN_RETURN_IF_ERROR(data->Reserve(CountBytes(snapshot)));
    BundleWriter writer(data, 0, shards.now);
    const TrackableObjects objects = ToTrackable(snapshot);
    CAIRN_RETURN_IF_ERROR(WriteTensors(snapshot, objects, writer));
    CAIRN_RETURN_IF_ERROR(WriteExtras(snapshot, writer));
    CAIRN_RETURN_IF_ERROR(
        writer.AddString(std::string(kObjectGraphKey),
                         EncodeTrackableObjectGraph(objects.nodes)));
    for (int shard = 1; shard < shards.now; ++shard) {
      CAIRN_RETURN_IF_ERROR(
          staged.Create(BundleDataPath(prefix, shard, shards.now)).status());
    }
    CAIRN_ASSIGN_OR_RETURN(WritableFile* const index,
                           staged.Create(BundleIndexPath(prefix)));
    CAIRN_RETURN_IF_ERROR(writer.WriteIndex(index));
    const absl::Status committed = staged.Commit();
    *in_place = staged.in_place();
    CAIRN_RETURN_IF_ERROR(committed);
    RemoveOldData(files, prefix, shards.before);
    return absl::OkStatus();
  }
};

CAIRN_REGISTER_FORMAT(TfCheckpoint);

}  // namespace
}  // namespace cairn
