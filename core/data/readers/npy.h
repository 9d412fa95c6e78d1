#ifndef CAIRN_CORE_DATA_READERS_NPY_H_
#define CAIRN_CORE_DATA_READERS_NPY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/tensor/tensor.h"

namespace cairn {

// An array as numpy.save() writes it, of the versions 1, 2 and 3.
//
//   byte 0  93 "NUMPY"
//        6  version: major, minor
//        8  bytes of the header: uint16 in version 1, uint32 later
//        …  the header: a Python dictionary of literals, then spaces, '\n'
//        …  values
//
// Both byte orders and both orders of dimensions are read; the tensor is
// row-major. Types are those that Tensor has and numpy knows: bool, integers,
// float16, float32 and float64. InvalidArgument for others, for structured
// arrays and for Python objects.

// The array that is all of `content`. DataLoss with the offset unless the
// content is exactly what its header promises. Allocates nothing that the
// content does not fill.
absl::StatusOr<Tensor> DecodeNpy(absl::string_view content);

// Reads a file, plain or gzip. NotFound if there is none. Errors name it.
absl::StatusOr<Tensor> ReadNpy(const std::string& path);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_READERS_NPY_H_
