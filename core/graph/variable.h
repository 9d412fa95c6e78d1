#ifndef CAIRN_CORE_GRAPH_VARIABLE_H_
#define CAIRN_CORE_GRAPH_VARIABLE_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "core/tensor/tensor.h"

namespace cairn {

// Named storage that outlives a step: a weight, an optimizer slot, a metric
// total, a random counter. Its address never changes, so plans may bind it.
class Variable {
 public:
  // Zeros. REQUIRES: spec's shape is static.
  Variable(std::string name, TensorSpec spec, bool trainable)
      : Variable(std::move(name), Tensor::Zeros(spec), trainable) {}
  // Its storage is that of `value`, which is not to be changed by others.
  Variable(std::string name, Tensor value, bool trainable)
      : name_(std::move(name)),
        trainable_(trainable),
        value_(std::move(value)) {}
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

  // Where it was first made, "encoder/dense/kernel": for messages and for its
  // random stream. What a file calls it depends on the root saved.
  const std::string& name() const { return name_; }
  const TensorSpec& spec() const { return value_.spec(); }
  bool trainable() const { return trainable_; }
  // Aliases the storage: later steps change what it shows.
  const Tensor& value() const { return value_; }
  // Copies `value` into place. InvalidArgument if the spec differs. If it is
  // one that is stored and cannot be read, the error, and of both some is left.
  absl::Status Assign(const Tensor& value);
  // The storage itself, for plans and for those who fill it in place.
  Tensor& mutable_value() { return value_; }

 private:
  const std::string name_;
  const bool trainable_;
  Tensor value_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_GRAPH_VARIABLE_H_
