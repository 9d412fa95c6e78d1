#ifndef CAIRN_SAVING_CODEC_STORED_TYPE_H_
#define CAIRN_SAVING_CODEC_STORED_TYPE_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "core/tensor/dtype.h"

namespace cairn {

// An element type as TensorFlow's files number it.
struct StoredType {
  int number;
  absl::string_view name;
  // Bytes of an element; 0 if elements differ in length.
  int64_t size;
  // Bytes that change places between byte orders: half a complex number.
  int64_t swap_size;
  // None if Tensor does not have the type.
  std::optional<DType> dtype;
};

inline constexpr int kStringTypeNumber = 7;
inline constexpr int kVariantTypeNumber = 21;

// Null for a number that is not known.
const StoredType* FindStoredType(int number);
const StoredType& StoredTypeOf(DType dtype);

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_STORED_TYPE_H_
