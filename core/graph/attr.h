#ifndef CAIRN_CORE_GRAPH_ATTR_H_
#define CAIRN_CORE_GRAPH_ATTR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/tensor/dtype.h"
#include "core/tensor/tensor.h"

namespace cairn {

// A constant argument of a node, under TensorFlow's name for it.
using Attr = std::variant<bool, int64_t, float, DType, std::string,
                          std::vector<int64_t>, Tensor>;
using Attrs = std::map<std::string, Attr>;  // Ordered, so that output is too.

// "[1, 2]", "float32", a tensor as its spec and first values.
std::string AttrToString(const Attr& attr);

// Whether both hold the same; tensors are compared byte for byte.
bool AttrsEqual(const Attrs& a, const Attrs& b);

// The same number for equal ones, in this process; of tensors the sizes count.
size_t HashAttrs(const Attrs& attrs);

// The attribute `name` as a T. REQUIRES: it is there and holds one: the op's
// functions put it there.
template <typename T>
const T& GetAttr(const Attrs& attrs, const char* name) {
  return std::get<T>(attrs.at(name));
}

}  // namespace cairn

#endif  // CAIRN_CORE_GRAPH_ATTR_H_
