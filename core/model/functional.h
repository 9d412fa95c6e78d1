#ifndef CAIRN_CORE_MODEL_FUNCTIONAL_H_
#define CAIRN_CORE_MODEL_FUNCTIONAL_H_

#include <memory>
#include <string>
#include <vector>

#include "core/model/model.h"

namespace cairn {

// A directed acyclic graph of layer calls. What is under Sequential; the way to
// describe such a graph by hand is not public yet.
class Functional : public Model {
 public:
  bool is_layer_sequence() const override { return true; }

  // What a call of a layer gave when the model was last traced: one spec per
  // output. Empty before.
  struct CallRecord {
    const Layer* layer = nullptr;
    std::vector<TensorSpec> outputs;
  };
  const std::vector<CallRecord>& call_records() const { return records_; }
  // The model's input when it was last traced.
  const std::vector<TensorSpec>& input_specs() const { return input_specs_; }

 protected:
  // One output of one call: of the model's inputs (call -1), or of a call
  // before.
  struct Source {
    int call = -1;
    int output = 0;
  };
  struct LayerCall {
    std::shared_ptr<Layer> layer;
    std::vector<Source> inputs;
  };

  explicit Functional(std::string name = "") : Model(std::move(name)) {}

  // In an order in which a call follows those it reads.
  std::vector<LayerCall> calls_;
  std::vector<Source> outputs_;

  Values Call(const CallContext& context,
              absl::Span<const Value> inputs) override;

 private:
  std::vector<CallRecord> records_;
  std::vector<TensorSpec> input_specs_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_MODEL_FUNCTIONAL_H_
