#ifndef CAIRN_BENCHMARKS_MODELS_H_
#define CAIRN_BENCHMARKS_MODELS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/model/model.h"
#include "core/model/sequential.h"
#include "core/tensor/shape.h"

namespace cairn {

// The models that programs of several frameworks are compared by: "mlp512",
// "mlp64x2", "mlpwide" and "cnn". Not compiled. InvalidArgument with the names
// if there is no such model.
absl::StatusOr<std::unique_ptr<Sequential>> MakeBenchmarkModel(
    const std::string& name);

// Compiles as all of them are compared: Adam at a rate of 0.001, sparse
// categorical cross-entropy, accuracy. `threads` as in CompileOptions.
absl::Status CompileBenchmarkModel(Model& model, int threads);

// The shape of one image for that model.
Shape ImageShape(const std::string& name);

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_MODELS_H_
