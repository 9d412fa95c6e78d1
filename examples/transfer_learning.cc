// Takes what one model has learned into others: a body under a new head, a body
// inside another model, and chosen layers and variables in a model that is
// built quite differently.
//
//   bazel run //examples:transfer_learning
//   bazel run //examples:transfer_learning -- FOLDER   (default:
//   my_checkpoints)
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "cairn.h"
#include "core/base/philox.h"
#include "core/ops/bias_add.h"
#include "core/ops/matmul.h"

namespace cairn {
namespace {

const TensorSpec kImages = {DType::kFloat32, {kDynamic, 784}};

// Two Dense layers of 64 units, and one of `units` if there are any.
absl::StatusOr<std::shared_ptr<Sequential>> MakeModel(const std::string& name,
                                                      int64_t units) {
  auto model = std::make_shared<Sequential>(name);
  model->Add<InputLayer>({.shape = {784}, .name = "digits"});
  model->Add<Dense>({.units = 64, .activation = "relu", .name = "dense_1"});
  model->Add<Dense>({.units = 64, .activation = "relu", .name = "dense_2"});
  if (units > 0) model->Add<Dense>({.units = units, .name = "predictions"});
  CAIRN_RETURN_IF_ERROR(model->EnsureBuilt({kImages}));
  return model;
}

absl::Status PrintSummary(Functional& model) {
  CAIRN_ASSIGN_OR_RETURN(const std::string text, Summary(model));
  std::printf("%s\n", text.c_str());
  return absl::OkStatus();
}

void PrintReport(const RestoreReport& report) {
  std::printf("%d restored, %d missing, %d extra\n",
              static_cast<int>(report.restored.size()),
              static_cast<int>(report.missing.size()),
              static_cast<int>(report.extra.size()));
  if (!report.missing.empty()) {
    std::printf("missing: %s\n", absl::StrJoin(report.missing, ", ").c_str());
  }
}

// Returns the weights that were saved.
absl::StatusOr<std::vector<Tensor>> SaveBody(const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(const auto body, MakeModel("pretrained_model", 0));
  std::vector<Tensor> values = body->GetWeights();
  for (size_t i = 0; i < values.size(); ++i) {
    RandomStream stream(StreamKey(1, std::to_string(i)));
    for (float& x : values[i].mutable_values<float>()) x = stream.NextNormal();
  }
  CAIRN_RETURN_IF_ERROR(body->SetWeights(values));
  CAIRN_RETURN_IF_ERROR(SaveWeights(*body, path));
  CAIRN_RETURN_IF_ERROR(PrintSummary(*body));
  return values;
}

absl::Status LoadUnderNewHead(const std::string& path,
                              const std::vector<Tensor>& saved) {
  std::printf("1. A new head\n");
  CAIRN_ASSIGN_OR_RETURN(const auto model, MakeModel("new_model", 5));
  const absl::Status strict = LoadWeights(*model, path).status();
  std::printf("refused: %s\n", std::string(strict.message()).c_str());
  CAIRN_ASSIGN_OR_RETURN(const RestoreReport report,
                         LoadWeights(*model, path, {.allow_missing = true}));
  PrintReport(report);
  const std::vector<Tensor> loaded = model->GetWeights();
  int equal = 0;
  for (size_t i = 0; i < saved.size(); ++i) {
    equal +=
        std::ranges::equal(saved[i].values<float>(), loaded[i].values<float>());
  }
  std::printf("%d of the body's %d weights are those that were saved\n", equal,
              static_cast<int>(saved.size()));
  return PrintSummary(*model);
}

absl::Status LoadIntoInnerModel(const std::string& path) {
  std::printf("2. A model within a model\n");
  CAIRN_ASSIGN_OR_RETURN(const auto body, MakeModel("pretrained", 0));
  Sequential boxed("boxed");
  boxed.Add(std::shared_ptr<Layer>(body));
  boxed.Add<Dense>({.units = 5, .name = "predictions"});
  CAIRN_RETURN_IF_ERROR(boxed.EnsureBuilt({kImages}));
  const absl::Status outer = LoadWeights(boxed, path).status();
  std::printf("refused: %s\n", std::string(outer.message()).c_str());
  CAIRN_ASSIGN_OR_RETURN(const RestoreReport report, LoadWeights(*body, path));
  PrintReport(report);
  return PrintSummary(boxed);
}

// A Dense layer, and two weights of its own in place of a second one.
class ContrivedModel : public Model {
 public:
  ContrivedModel() : Model("contrived") {
    first_dense_ = std::make_shared<Dense>(
        Dense::Options{.units = 64, .name = "first_dense"});
    status_ = AddChild("first_dense", first_dense_);
  }
  absl::string_view class_name() const override { return "ContrivedModel"; }
  Config GetConfig() const override { return Config::Object(); }
  const std::shared_ptr<Dense>& first_dense() const { return first_dense_; }
  const std::shared_ptr<Variable>& kernel() const { return kernel_; }
  const std::shared_ptr<Variable>& bias() const { return bias_; }

 protected:
  absl::Status Build(absl::Span<const TensorSpec>) override {
    CAIRN_RETURN_IF_ERROR(status_);
    CAIRN_ASSIGN_OR_RETURN(kernel_,
                           AddWeight({.name = "kernel", .shape = {64, 10}}));
    CAIRN_ASSIGN_OR_RETURN(bias_, AddWeight({.name = "bias", .shape = {10}}));
    return absl::OkStatus();
  }
  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override {
    const Value hidden = first_dense_->Apply(context, inputs);
    return ops::BiasAdd(ops::MatMul(hidden, context.Read(kernel_)),
                        context.Read(bias_));
  }

 private:
  absl::Status status_;
  std::shared_ptr<Dense> first_dense_;
  std::shared_ptr<Variable> kernel_, bias_;
};

absl::Status ExchangeParts(const std::string& path) {
  std::printf("3. Chosen parts\n");
  CAIRN_ASSIGN_OR_RETURN(const auto trained, MakeModel("3_layer_mlp", 10));
  CAIRN_ASSIGN_OR_RETURN(const auto dense, trained->layer("dense_1"));
  const std::vector<Weight> weights = trained->weights();
  Checkpoint saved;
  CAIRN_RETURN_IF_ERROR(saved.Add("dense", dense));
  CAIRN_RETURN_IF_ERROR(saved.Add("kernel", weights[4].variable));
  CAIRN_RETURN_IF_ERROR(saved.Add("bias", weights[5].variable));
  CAIRN_ASSIGN_OR_RETURN(const std::string prefix, saved.Save(path));

  ContrivedModel model;
  CAIRN_RETURN_IF_ERROR(model.EnsureBuilt({kImages}));
  Checkpoint restored;
  CAIRN_RETURN_IF_ERROR(restored.Add("dense", model.first_dense()));
  CAIRN_RETURN_IF_ERROR(restored.Add("kernel", model.kernel()));
  CAIRN_RETURN_IF_ERROR(restored.Add("bias", model.bias()));
  CAIRN_ASSIGN_OR_RETURN(const LazyRestore restore, restored.Restore(prefix));
  CAIRN_RETURN_IF_ERROR(restore.AssertConsumed());
  PrintReport(restore.report());
  int64_t parameters = 0;
  for (const Tensor& value : model.GetWeights()) parameters += value.size();
  std::printf("%d parameters\n", static_cast<int>(parameters));
  return absl::OkStatus();
}

absl::Status Transfer(const std::string& folder) {
  const std::string path = JoinPath(folder, "pretrained_ckpt");
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Tensor> saved, SaveBody(path));
  CAIRN_RETURN_IF_ERROR(LoadUnderNewHead(path, saved));
  CAIRN_RETURN_IF_ERROR(LoadIntoInnerModel(path));
  return ExchangeParts(JoinPath(folder, "ckpt"));
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  const absl::Status status =
      cairn::Transfer(cairn::UserPath(argc > 1 ? argv[1] : "my_checkpoints"));
  if (!status.ok()) {
    std::fprintf(stderr, "transfer_learning: %s\n",
                 std::string(status.message()).c_str());
  }
  return status.ok() ? 0 : 1;
}
