#ifndef CAIRN_CORE_GRAPH_VALUE_H_
#define CAIRN_CORE_GRAPH_VALUE_H_

#include <compare>
#include <cstdint>

#include "core/tensor/shape.h"

namespace cairn {

class GraphBuilder;

// One output of one node. Ordered and comparable, so it can key a map.
struct ValueId {
  int32_t node = -1;
  int32_t output = 0;

  bool valid() const { return node >= 0; }
  friend auto operator<=>(const ValueId&, const ValueId&) = default;
};

// A handle to one output of one node under construction. Cheap to copy.
class Value {
 public:
  Value() = default;  // Invalid.
  Value(GraphBuilder* builder, ValueId id) : builder_(builder), id_(id) {}

  bool valid() const { return builder_ != nullptr && id_.valid(); }
  // Null for a default-constructed value. After an error of the trace, values
  // are invalid but still know their builder.
  GraphBuilder* builder() const { return builder_; }
  ValueId id() const { return id_; }
  // What is known of it. REQUIRES: valid().
  const TensorSpec& spec() const;

 private:
  GraphBuilder* builder_ = nullptr;
  ValueId id_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_GRAPH_VALUE_H_
