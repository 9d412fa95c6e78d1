#include "core/runtime/kernel.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace cairn {
namespace {

class NamedKernel : public Kernel {
 public:
  explicit NamedKernel(std::string name) : name_(std::move(name)) {}
  absl::Status Bind(const KernelBuffers&) override { return absl::OkStatus(); }
  absl::Status Run(int, int) override { return absl::OkStatus(); }
  std::string Describe() const override { return name_; }

 private:
  const std::string name_;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeNamedKernel(
    const KernelRequest& request) {
  if (request.inputs.empty()) return absl::InvalidArgumentError("no input");
  return std::make_unique<NamedKernel>(request.attr<std::string>("name"));
}

CAIRN_REGISTER_KERNEL("_TestNamedKernel", MakeNamedKernel);

TEST(KernelTest, IsMadeByTheFactoryOfItsOp) {
  const Attrs attrs = {{"name", std::string("made")}};
  const TensorSpec spec;
  const auto kernel = CreateKernel({"_TestNamedKernel", attrs, {spec}, {}});
  ASSERT_TRUE(kernel.ok()) << kernel.status();
  EXPECT_EQ((*kernel)->Describe(), "made");
  EXPECT_EQ((*kernel)->scratch_bytes(), 0);
  EXPECT_EQ((*kernel)->stages(), 1);
  EXPECT_EQ((*kernel)->tasks(0), 1);
  EXPECT_FALSE((*kernel)->may_fail());
}

TEST(KernelTest, AnErrorOfTheFactoryIsTheCallers) {
  EXPECT_EQ(CreateKernel({"_TestNamedKernel", {}, {}, {}}).status(),
            absl::InvalidArgumentError("no input"));
}

TEST(KernelTest, AnOpWithoutOneIsNamed) {
  const absl::Status error = CreateKernel({"_TestNone", {}, {}, {}}).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(error.message(), "op _TestNone has no kernel");
}

TEST(KernelDeathTest, ANameGivenTwiceEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(RegisterKernel("_TestNamedKernel", MakeNamedKernel), "");
}

}  // namespace
}  // namespace cairn
