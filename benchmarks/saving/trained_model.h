#ifndef CAIRN_BENCHMARKS_SAVING_TRAINED_MODEL_H_
#define CAIRN_BENCHMARKS_SAVING_TRAINED_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/model/sequential.h"

namespace cairn {

// A model of benchmarks/models.h after a training step: it has all that a
// training checkpoint holds.
absl::StatusOr<std::unique_ptr<Sequential>> MakeTrainedModel(
    const std::string& name);

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_SAVING_TRAINED_MODEL_H_
