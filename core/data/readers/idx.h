#ifndef CAIRN_CORE_DATA_READERS_IDX_H_
#define CAIRN_CORE_DATA_READERS_IDX_H_

#include <string>

#include "absl/status/statusor.h"
#include "core/tensor/tensor.h"

namespace cairn {

// Reads an IDX file, plain or gzip: the format of MNIST. The tensor is uint8,
// int8, int16, int32, float32 or float64 as the file says.
//
//   byte 0  two zeros
//        2  type: 08 uint8, 09 int8, 0b int16, 0c int32, 0d float32, 0e float64
//        3  rank
//        4  dimensions, uint32 each
//        …  values in row-major order
//
// Numbers are big-endian. NotFound if there is no such file; DataLoss with path
// and offset if the content is not exactly what its header promises.
absl::StatusOr<Tensor> ReadIdx(const std::string& path);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_READERS_IDX_H_
