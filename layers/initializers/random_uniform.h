#ifndef CAIRN_LAYERS_INITIALIZERS_RANDOM_UNIFORM_H_
#define CAIRN_LAYERS_INITIALIZERS_RANDOM_UNIFORM_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/layer/initializer.h"

namespace cairn {

struct RandomUniformOptions {
  double minval = -0.05;
  double maxval = 0.05;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("minval", self.minval);
    field("maxval", self.maxval);
  }
};

// Uniform in [minval, maxval). As keras.initializers.RandomUniform.
class RandomUniform : public Initializer {
 public:
  static constexpr absl::string_view kClassName = "RandomUniform";
  static constexpr absl::string_view kName = "random_uniform";
  using Options = RandomUniformOptions;
  explicit RandomUniform(Options options = {}) : options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return ToConfig(options_); }
  absl::Status Fill(RandomStream& stream, Tensor& value) const override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_RANDOM_UNIFORM_H_
