#ifndef CAIRN_CORE_LAYER_CALL_CONTEXT_H_
#define CAIRN_CORE_LAYER_CALL_CONTEXT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "core/graph/builder.h"
#include "core/graph/value.h"
#include "core/graph/variable.h"

namespace cairn {

class Layer;

// What an op that draws random numbers needs: which stream, and how far the run
// has come in it.
struct RandomSource {
  int64_t key = 0;  // Of the seed, the layer's path and the draw within it.
  Value counter;    // int64 scalar, another one each step.
};

// What one trace of a model is about. Made by whoever traces; shared by the
// contexts of all layers below.
struct Trace {
  GraphBuilder* builder = nullptr;  // Not owned.
  bool training = false;
  uint64_t seed = 0;
  Value random_counter;
  std::map<std::string, int> draws;  // By path: how often it drew.
};

// What a layer may ask while it is traced. Cheap to copy.
class CallContext {
 public:
  // For the root of a model, whose path is empty. `trace` must outlive this.
  explicit CallContext(Trace* trace) : trace_(trace) {}

  bool training() const { return trace_->training; }
  GraphBuilder& builder() const { return *trace_->builder; }
  uint64_t seed() const { return trace_->seed; }
  // Where the layer being traced stands below the root: "encoder/dense"; empty
  // for the root.
  const std::string& path() const { return path_; }

  Value Read(const std::shared_ptr<Variable>& variable) const {
    return builder().Read(variable);
  }
  // `variable` takes `new_value` at the end of each training step.
  void Update(const std::shared_ptr<Variable>& variable,
              Value new_value) const {
    builder().Update(variable, new_value);
  }
  // A stream of its own for each call. The counter is a Variable of the run, so
  // it is saved with it. REQUIRES: training().
  RandomSource NextRandomSource() const;

 private:
  friend class Layer;
  // The context of a layer that `parent` calls.
  CallContext Below(const Layer* layer, absl::string_view name) const;

  Trace* trace_;
  const Layer* layer_ = nullptr;  // Whose Call() this is given to.
  std::string path_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_LAYER_CALL_CONTEXT_H_
