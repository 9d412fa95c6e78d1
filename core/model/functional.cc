#include "core/model/functional.h"

#include <utility>

#include "core/ops/cast.h"

namespace cairn {

Values Functional::Call(const CallContext& context,
                        absl::Span<const Value> inputs) {
  records_.clear();
  input_specs_.clear();
  // As Keras's models do, integers are taken as floats; layers need not care.
  std::vector<Value> given;
  for (const Value input : inputs) {
    input_specs_.push_back(input.spec());
    given.push_back(IsFloating(input.spec().dtype)
                        ? input
                        : ops::Cast(input, DType::kFloat32));
  }
  std::vector<std::vector<Value>> results;
  const auto find = [&](Source source) {
    return source.call < 0 ? given[source.output]
                           : results[source.call][source.output];
  };
  for (const LayerCall& call : calls_) {
    std::vector<Value> arguments;
    for (const Source source : call.inputs) arguments.push_back(find(source));
    const Values values = call.layer->Apply(context, arguments);
    CallRecord record{.layer = call.layer.get()};
    for (const Value value : values) {
      if (!value.valid()) return value;
      record.outputs.push_back(value.spec());
    }
    records_.push_back(std::move(record));
    results.emplace_back(values.begin(), values.end());
  }
  std::vector<Value> outputs;
  for (const Source source : outputs_) outputs.push_back(find(source));
  return outputs;
}

}  // namespace cairn
