// What a checkpoint calls things: by the members that hold them, never by the
// names of variables.
//
//   bazel run //examples:checkpoint_reader
//   bazel run //examples:checkpoint_reader -- FOLDER   (default:
//   my_checkpoints)
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cairn.h"

namespace cairn {
namespace {

// A layer with one weight, a number, which files find under `edge`.
class CustomLayer : public Layer {
 public:
  CustomLayer(std::string edge, std::string weight_name)
      : edge_(std::move(edge)), weight_name_(std::move(weight_name)) {}

  absl::string_view class_name() const override { return "CustomLayer"; }
  Config GetConfig() const override { return Config::Object(); }
  Variable& variable() { return *variable_; }

 protected:
  absl::Status Build(absl::Span<const TensorSpec>) override {
    CAIRN_ASSIGN_OR_RETURN(variable_, AddWeight({.name = weight_name_,
                                                 .initializer = "zeros",
                                                 .trainable = false,
                                                 .dtype = DType::kInt32,
                                                 .edge = edge_}));
    return absl::OkStatus();
  }
  Values Call(const CallContext&, absl::Span<const Value> inputs) override {
    return inputs[0];
  }

 private:
  const std::string edge_, weight_name_;
  std::shared_ptr<Variable> variable_;
};

absl::StatusOr<std::shared_ptr<CustomLayer>> MakeLayer(
    const std::string& edge, const std::string& weight_name, int32_t value) {
  auto layer = std::make_shared<CustomLayer>(edge, weight_name);
  CAIRN_RETURN_IF_ERROR(layer->EnsureBuilt({{DType::kFloat32, {kDynamic, 1}}}));
  CAIRN_RETURN_IF_ERROR(
      layer->variable().Assign(Tensor::Scalar<int32_t>(value)));
  return layer;
}

// Saves a layer of 5 and says what is in the file.
absl::Status SaveAndList(const std::string& path, const std::string& edge,
                         const std::string& weight_name) {
  std::printf("member \"%s\", variable \"%s\":\n", edge.c_str(),
              weight_name.c_str());
  CAIRN_ASSIGN_OR_RETURN(const std::shared_ptr<CustomLayer> layer,
                         MakeLayer(edge, weight_name, 5));
  Checkpoint checkpoint;
  CAIRN_RETURN_IF_ERROR(checkpoint.Add("layer", layer));
  CAIRN_ASSIGN_OR_RETURN(const std::string prefix, checkpoint.Save(path));
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointReader> reader,
                         CheckpointReader::Open(prefix));
  for (const CheckpointReader::Entry& entry : reader->entries()) {
    std::printf("  %-45s %s\n", entry.key.c_str(), entry.dtype.c_str());
  }
  CAIRN_ASSIGN_OR_RETURN(
      const Tensor value,
      reader->ReadTensor("layer/" + edge + "/.ATTRIBUTES/VARIABLE_VALUE"));
  std::printf("  its value is %d\n", value.values<int32_t>()[0]);

  CAIRN_ASSIGN_OR_RETURN(const std::shared_ptr<CustomLayer> other,
                         MakeLayer(edge, "another_name", 0));
  Checkpoint restored;
  CAIRN_RETURN_IF_ERROR(restored.Add("layer", other));
  CAIRN_ASSIGN_OR_RETURN(const LazyRestore restore, restored.Restore(prefix));
  CAIRN_RETURN_IF_ERROR(restore.AssertConsumed());
  std::printf("  a layer whose variable has another name gets %d\n",
              other->variable().value().values<int32_t>()[0]);
  return absl::OkStatus();
}

absl::Status ShowKeys(const std::string& folder) {
  CAIRN_RETURN_IF_ERROR(
      SaveAndList(JoinPath(folder, "custom_layer"), "var", "var_a"));
  CAIRN_RETURN_IF_ERROR(
      SaveAndList(JoinPath(folder, "renamed_variable"), "var", "var_b"));
  return SaveAndList(JoinPath(folder, "renamed_member"), "value", "var_a");
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  const absl::Status status =
      cairn::ShowKeys(cairn::UserPath(argc > 1 ? argv[1] : "my_checkpoints"));
  if (!status.ok()) {
    std::fprintf(stderr, "checkpoint_reader: %s\n",
                 std::string(status.message()).c_str());
  }
  return status.ok() ? 0 : 1;
}
