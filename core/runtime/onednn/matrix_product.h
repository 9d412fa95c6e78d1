#ifndef CAIRN_CORE_RUNTIME_ONEDNN_MATRIX_PRODUCT_H_
#define CAIRN_CORE_RUNTIME_ONEDNN_MATRIX_PRODUCT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/runtime/kernel.h"

namespace cairn {

// c (rows, columns) = activation(a (rows, inner) b (inner, columns) + bias).
// All float32, row-major.
struct MatrixProduct {
  int64_t rows = 0, inner = 0, columns = 0;
  bool transpose_a = false;  // a is given as (inner, rows).
  bool transpose_b = false;  // b is given as (columns, inner).
  bool bias = false;         // Input 2, (columns).
  std::string activation;    // "", "Relu", "Sigmoid" or "Tanh".
};

// A kernel with inputs a, b and perhaps the bias, and output c.
absl::StatusOr<std::unique_ptr<Kernel>> MakeMatrixProduct(
    const MatrixProduct& product);

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_ONEDNN_MATRIX_PRODUCT_H_
