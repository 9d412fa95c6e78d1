#include "benchmarks/saving/trained_model.h"

#include "benchmarks/inputs.h"
#include "benchmarks/models.h"
#include "core/base/status_macros.h"
#include "core/data/arrays.h"

namespace cairn {

absl::StatusOr<std::unique_ptr<Sequential>> MakeTrainedModel(
    const std::string& name) {
  constexpr int64_t kBatch = 32;
  CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<Sequential> model,
                         MakeBenchmarkModel(name));
  CAIRN_RETURN_IF_ERROR(CompileBenchmarkModel(*model, /*threads=*/1));
  Shape images = ImageShape(name);
  images.insert(images.begin(), kBatch);
  const Arrays batch = {.inputs = {{"", RandomFloats(images, 0, 1)}},
                        .targets = {{"", RandomLabels(kBatch)}}};
  CAIRN_RETURN_IF_ERROR(model->TrainOnBatch(batch).status());
  return model;
}

}  // namespace cairn
