#ifndef CAIRN_CORE_TRAINING_METRIC_H_
#define CAIRN_CORE_TRAINING_METRIC_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/configurable.h"
#include "core/base/options.h"
#include "core/base/registry.h"
#include "core/graph/value.h"
#include "core/tensor/tensor.h"

namespace cairn {

// A number accumulated over batches. A rule: immutable, shared. Update() is
// traced into the step graph; the totals it adds to are Variables, reset at
// each epoch.
class Metric : public Configurable {
 public:
  static constexpr absl::string_view kKindName = "metric";

  // What logs call it, "accuracy".
  virtual std::string name() const = 0;
  // For a metric that chooses by shapes, such as "accuracy", the one it
  // chooses; null: itself. The chosen one reports under this one's name().
  virtual std::shared_ptr<const Metric> Choose(
      const TensorSpec& target, const TensorSpec& prediction) const {
    static_cast<void>(target);
    static_cast<void>(prediction);
    return nullptr;
  }

  // Names and specs of the totals. They start as zeros.
  virtual std::vector<std::pair<std::string, TensorSpec>> totals() const = 0;
  // Returns the totals after this batch.
  virtual std::vector<Value> Update(absl::Span<const Value> totals,
                                    Value target, Value prediction) const = 0;
  // 0 before any batch.
  virtual double Result(absl::Span<const Tensor> totals) const = 0;
};

// CAIRN_REGISTER_METRIC(Accuracy, "acc"); under kClassName, kName and the
// further names.
#define CAIRN_REGISTER_METRIC(C, ...)                           \
  const ::cairn::Registrar<::cairn::Metric> cairn_register_##C( \
      {C::kClassName, C::kName __VA_OPT__(, ) __VA_ARGS__},     \
      &::cairn::CreateFromConfig<::cairn::Metric, C>)

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_METRIC_H_
