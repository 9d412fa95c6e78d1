#ifndef CAIRN_CORE_DATA_RESCALE_H_
#define CAIRN_CORE_DATA_RESCALE_H_

#include "core/data/samples.h"
#include "core/tensor/shape.h"

namespace cairn {

// A view with the uint8 inputs as float32, multiplied by `factor` and each in
// the shape `shape`: for bytes of pictures, which stay bytes until a batch is
// made. Targets stay as they are. Reading is InvalidArgument if an input is not
// uint8 or has not as many elements as `shape`.
SamplesPointer Rescale(SamplesPointer samples, double factor, Shape shape);

}  // namespace cairn

#endif  // CAIRN_CORE_DATA_RESCALE_H_
