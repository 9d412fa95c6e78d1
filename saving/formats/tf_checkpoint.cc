#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/annotate.h"
#include "core/base/status_macros.h"
#include "core/base/text_pool.h"
#include "core/io/file_system.h"
#include "saving/cairn_entries.h"
#include "saving/codec/string_elements.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/codec/trackable_object_graph.h"
#include "saving/format.h"
#include "saving/trackable_objects.h"
#include "saving/write_bundle.h"

namespace cairn {
namespace {

constexpr char kSaveCounter[] = "save_counter";

// A text that is kept from one save to the next, as it will be in the file.
using KeptText = std::shared_ptr<const EncodedStrings>;

KeptText Keep(EncodedStrings text) {
  return std::make_shared<const EncodedStrings>(std::move(text));
}

// A config of the snapshot before, and what it is as text.
class SharedText {
 public:
  void Follow(absl::string_view key, const SharedValue<Config>& config) {
    if (text_ != nullptr && config.SharesWith(config_)) return;
    config_ = config;
    text_ = Keep(EncodeStrings({ConfigText(key, *config)}));
  }
  bool is_null() const { return config_->is_null(); }
  const KeptText& text() const { return text_; }

 private:
  SharedValue<Config> config_;
  KeptText text_;  // Null: there was none.
};

class TfCheckpointWriter : public SnapshotWriter {
 public:
  absl::Status Write(const Snapshot& snapshot, const std::string& path,
                     const SaveOptions& options) override {
    if (snapshot.objects->nodes.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "saving ", path,
          ": the snapshot has no objects, such as one read from a file of "
          "names alone; restore it into a model and save that"));
    }
    CAIRN_RETURN_IF_ERROR(
        Annotate(Follow(snapshot), absl::StrCat("saving ", path)));
    const Tensor counter = Tensor::Scalar<int64_t>(snapshot.save_counter);
    return WriteBundle(
        path, options, snapshot.TensorBytes(),
        [&](BundleWriter& writer) -> absl::Status {
          for (const auto& [key, value] : tensors_) {
            CAIRN_RETURN_IF_ERROR(
                writer.AddTensor(key, value == nullptr ? counter : *value));
          }
          CAIRN_RETURN_IF_ERROR(WriteExtras(snapshot, writer));
          return writer.AddEncodedString(kObjectGraphKey, graph_);
        });
  }

 private:
  // Works out what is not as in the snapshot before.
  absl::Status Follow(const Snapshot& snapshot) {
    architecture_.Follow(kArchitectureKey, snapshot.architecture);
    compile_.Follow(kCompileKey, snapshot.compile);
    const bool has_counter = snapshot.save_counter >= 0;
    if (graph_ != nullptr && has_counter == has_counter_ &&
        snapshot.objects.SharesWith(objects_) &&
        snapshot.weights.SharesWith(weights_) &&
        snapshot.optimizer.SharesWith(optimizer_)) {
      return absl::OkStatus();
    }
    // Nothing is left of the one before, should this not be whole.
    graph_.reset();
    tensors_.clear();
    keys_ = TextPool();
    has_counter_ = has_counter;
    objects_ = snapshot.objects;
    weights_ = snapshot.weights;
    optimizer_ = snapshot.optimizer;
    absl::Status status;
    TrackableObjectGraphEncoder graph;
    VisitTrackable(snapshot, [&](const TrackableNode& node, bool has_values,
                                 const TrackableTensor* tensor) {
      graph.Add(node, has_values);
      if (tensor == nullptr) return;
      tensors_.emplace_back(keys_.Add(tensor->key), tensor->value);
      if (tensor->value == nullptr && tensor->part != Part::kExtras) {
        status = absl::InvalidArgumentError(
            absl::StrCat("the snapshot has no tensor \"", tensor->name, "\""));
      }
    });
    CAIRN_RETURN_IF_ERROR(status);
    std::sort(tensors_.begin(), tensors_.end());
    graph_ = Keep(EncodeString(graph.Finish()));
    return absl::OkStatus();
  }

  absl::Status WriteExtras(const Snapshot& snapshot, BundleWriter& writer) {
    if (!architecture_.is_null()) {
      CAIRN_RETURN_IF_ERROR(
          writer.AddEncodedString(kArchitectureKey, architecture_.text()));
    }
    if (!compile_.is_null()) {
      CAIRN_RETURN_IF_ERROR(
          writer.AddEncodedString(kCompileKey, compile_.text()));
    }
    for (const auto& [key, state] : snapshot.extras) {
      CAIRN_RETURN_IF_ERROR(writer.AddString(
          StateKey(key), ConfigText(StateKey(key), state.values)));
      for (const NamedTensor& tensor : state.tensors) {
        CAIRN_RETURN_IF_ERROR(
            writer.AddTensor(StateTensorKey(key, tensor.name), tensor.value));
      }
    }
    return absl::OkStatus();
  }

  // Of the snapshot before, and what was made of them.
  SharedText architecture_, compile_;
  SharedValue<ObjectGraph> objects_;
  NamedTensors weights_, optimizer_;
  bool has_counter_ = false;
  KeptText graph_;  // Null: there was none.
  // Sorted by key, as the index will be. The values are those of the lists
  // above, or null for the save counter's.
  std::vector<std::pair<absl::string_view, const Tensor*>> tensors_;
  TextPool keys_;
};

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

  absl::Status VerifyTensors(
      const std::vector<const TensorEntry*>& entries) const override {
    std::vector<const BundleEntry*> found;
    for (const TensorEntry* const entry : entries) {
      CAIRN_ASSIGN_OR_RETURN(found.emplace_back(), Find(*entry));
    }
    return VerifyEntries(found);
  }

  std::shared_ptr<const TensorContent> FindContent(
      const TensorEntry& entry) const override {
    const BundleEntry* const found = bundle_->Find(entry.key);
    if (found == nullptr || !bundle_->IsPlain(*found)) return nullptr;
    return std::make_shared<BundleContent>(bundle_, *found);
  }

  absl::StatusOr<Config> ReadConfig(Part part) const override {
    if (part == Part::kExtras) return Config(states_);
    const BundleEntry* const entry = bundle_->Find(
        part == Part::kArchitecture ? kArchitectureKey : kCompileKey);
    if (entry == nullptr) return Config();
    return cairn::ReadConfig(*bundle_, *entry);
  }

  absl::Status Verify() const override {
    std::vector<const BundleEntry*> left;
    for (const BundleEntry& entry : bundle_->entries()) {
      if (!tested(entry)) left.push_back(&entry);
    }
    return VerifyEntries(left);
  }

 private:
  absl::StatusOr<const BundleEntry*> Find(const TensorEntry& entry) const {
    const BundleEntry* const found = bundle_->Find(entry.key);
    if (found != nullptr) return found;
    return absl::NotFoundError(
        absl::StrCat(bundle_->prefix(), " has no entry \"", entry.key, "\""));
  }

  absl::Status VerifyEntries(
      const std::vector<const BundleEntry*>& entries) const {
    CAIRN_RETURN_IF_ERROR(bundle_->VerifyAll(entries));
    for (const BundleEntry* const entry : entries) tested(*entry) = true;
    return absl::OkStatus();
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
        if (!absl::StartsWith(tensor.key, kCairnKeys)) {
          AddTensor(Part::kWeights, "", tensor.key, tensor);
        }
      }
      return absl::OkStatus();
    }
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                           bundle_->ReadStrings(*entry));
    CAIRN_ASSIGN_OR_RETURN(const std::vector<TrackableNode> nodes,
                           DecodeObjectGraphEntry(texts, bundle_->prefix()));
    SnapshotObjects found = FromTrackable(nodes);
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
    if (bundle_->Find(kArchitectureKey) != nullptr) {
      parts_.insert(Part::kArchitecture);
    }
    if (bundle_->Find(kCompileKey) != nullptr) parts_.insert(Part::kCompile);
    for (const BundleEntry& entry : bundle_->entries()) {
      const auto names = StateEntryNames(entry.key);
      if (!names.ok()) return Annotate(names.status(), bundle_->prefix());
      if (names->empty()) continue;
      parts_.insert(Part::kExtras);
      if (names->size() == 1) {
        CAIRN_ASSIGN_OR_RETURN(Config values,
                               cairn::ReadConfig(*bundle_, entry));
        states_.emplace_back((*names)[0], std::move(values));
      } else {
        AddTensor(Part::kExtras, (*names)[0], (*names)[1], entry);
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

  std::unique_ptr<SnapshotWriter> NewWriter() const override {
    return std::make_unique<TfCheckpointWriter>();
  }

  absl::StatusOr<std::unique_ptr<SnapshotReader>> Open(
      FileSystem& files, const std::string& path) const override {
    return TfCheckpointReader::Open(files, path);
  }
};

CAIRN_REGISTER_FORMAT(TfCheckpoint);

}  // namespace
}  // namespace cairn
