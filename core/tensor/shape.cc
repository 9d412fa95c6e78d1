#include "core/tensor/shape.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace cairn {

int64_t ElementCount(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t dimension : shape) {
    CAIRN_CHECK(dimension >= 0);
    count *= dimension;
  }
  return count;
}

bool IsStatic(const Shape& shape) {
  return std::none_of(shape.begin(), shape.end(),
                      [](int64_t dimension) { return dimension < 0; });
}

std::string ShapeToString(const Shape& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    if (shape[i] == kDynamic)
      text += "None";
    else
      absl::StrAppend(&text, shape[i]);
  }
  // As Python writes a tuple of one.
  text += shape.size() == 1 ? ",)" : ")";
  return text;
}

size_t ByteSize(const TensorSpec& spec) {
  return static_cast<size_t>(ElementCount(spec.shape)) *
         ElementSize(spec.dtype);
}

std::string SpecToString(const TensorSpec& spec) {
  return absl::StrCat(DTypeName(spec.dtype), " ", ShapeToString(spec.shape));
}

}  // namespace cairn
