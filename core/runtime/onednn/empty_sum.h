#ifndef CAIRN_CORE_RUNTIME_ONEDNN_EMPTY_SUM_H_
#define CAIRN_CORE_RUNTIME_ONEDNN_EMPTY_SUM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "core/runtime/kernel.h"

namespace cairn {

// What a product or a convolution comes to when a dimension is zero, which the
// library does not take: each of `rows` rows of the output is activation(bias),
// or activation(0) without a bias.
struct EmptySum {
  int64_t rows = 0, columns = 0;
  bool bias = false;       // Input 2, (columns).
  std::string activation;  // "", "Relu", "Sigmoid" or "Tanh".
};
std::unique_ptr<Kernel> MakeEmptySum(const EmptySum& sum);

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_ONEDNN_EMPTY_SUM_H_
