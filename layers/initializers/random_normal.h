#ifndef CAIRN_LAYERS_INITIALIZERS_RANDOM_NORMAL_H_
#define CAIRN_LAYERS_INITIALIZERS_RANDOM_NORMAL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/layer/initializer.h"

namespace cairn {

struct RandomNormalOptions {
  double mean = 0;
  double stddev = 0.05;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor&& field) {
    field("mean", self.mean);
    field("stddev", self.stddev);
  }
};

// Normal. As keras.initializers.RandomNormal.
class RandomNormal : public Initializer {
 public:
  static constexpr absl::string_view kClassName = "RandomNormal";
  static constexpr absl::string_view kName = "random_normal";
  using Options = RandomNormalOptions;
  explicit RandomNormal(Options options = {}) : options_(options) {}
  absl::string_view class_name() const override { return kClassName; }
  Config GetConfig() const override { return ToConfig(options_); }
  absl::Status Fill(RandomStream& stream, Tensor& value) const override;

 private:
  const Options options_;
};

}  // namespace cairn

#endif  // CAIRN_LAYERS_INITIALIZERS_RANDOM_NORMAL_H_
