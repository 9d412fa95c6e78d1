#ifndef CAIRN_LAYERS_INITIALIZERS_CONSTANT_H_
#define CAIRN_LAYERS_INITIALIZERS_CONSTANT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/layer/initializer.h"

namespace cairn {

struct ConstantOptions {
  double value = 0;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("value", self.value);
  }
};

// All `value`. As keras.initializers.Constant.
class Constant : public Initializer {
 public:
  static constexpr absl::string_view kClassName = "Constant";
  static constexpr absl::string_view kName = "constant";
  using Options = ConstantOptions;
  explicit Constant(Options options = {}) : options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return ToConfig(options_); }
  absl::Status Fill(RandomStream& stream, Tensor& value) const override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_CONSTANT_H_
