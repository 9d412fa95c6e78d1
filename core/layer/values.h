#ifndef CAIRN_CORE_LAYER_VALUES_H_
#define CAIRN_CORE_LAYER_VALUES_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "core/graph/value.h"

namespace cairn {

// What a layer returns: nearly always one value, and then used as that value.
class Values {
 public:
  Values(Value value) : values_{value} {}
  Values(std::vector<Value> values) : values_(std::move(values)) {}

  // An error of the trace unless size() is 1.
  operator Value() const;

  const Value* data() const { return values_.data(); }
  size_t size() const { return values_.size(); }
  Value operator[](size_t index) const { return values_[index]; }
  std::vector<Value>::const_iterator begin() const { return values_.begin(); }
  std::vector<Value>::const_iterator end() const { return values_.end(); }

 private:
  std::vector<Value> values_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_LAYER_VALUES_H_
