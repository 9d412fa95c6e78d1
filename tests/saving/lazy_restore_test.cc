#include "saving/lazy_restore.h"

#include <memory>
#include <string>

#include "core/model/sequential.h"
#include "gtest/gtest.h"
#include "layers/dense.h"
#include "saving/checkpoint.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

using Code = absl::StatusCode;

std::shared_ptr<Variable> MakeVariable(float value, const Shape& shape = {}) {
  auto variable = std::make_shared<Variable>(
      "v", TensorSpec{DType::kFloat32, shape}, false);
  for (float& x : variable->mutable_value().mutable_values<float>()) x = value;
  return variable;
}

class LazyRestoreTest : public testing::Test {
 protected:
  LazyRestoreTest() {
    Checkpoint saved({.files = &files_});
    EXPECT_TRUE(IsOk(saved.Add("a", MakeVariable(1))));
    EXPECT_TRUE(IsOk(saved.Add("b", MakeVariable(2))));
    EXPECT_TRUE(IsOk(saved.Save("c")));
  }
  FaultFileSystem files_;
};

TEST_F(LazyRestoreTest, WhatIsLeftOnEitherSideIsSaid) {
  const auto a = MakeVariable(0), other = MakeVariable(0);
  Checkpoint checkpoint({.files = &files_});
  ASSERT_TRUE(IsOk(checkpoint.Add("a", a)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore part, checkpoint.Restore("c-1"));
  EXPECT_TRUE(IsOk(part.AssertExistingObjectsMatched()));
  EXPECT_TRUE(IsError(part.AssertConsumed(), Code::kFailedPrecondition,
                      {"nothing here takes (1): b/"}));
  EXPECT_EQ(a->value().values<float>()[0], 1);

  ASSERT_TRUE(IsOk(checkpoint.Add("other", other)));
  CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore more, checkpoint.Restore("c-1"));
  EXPECT_TRUE(IsError(more.AssertExistingObjectsMatched(),
                      Code::kFailedPrecondition, {"(1): other"}));
}

TEST_F(LazyRestoreTest, ValuesThatAreLeftAreWarnedOfUnlessExpected) {
  Checkpoint checkpoint({.files = &files_});
  ASSERT_TRUE(IsOk(checkpoint.Add("a", MakeVariable(0))));
  testing::internal::CaptureStderr();
  EXPECT_TRUE(IsOk(checkpoint.Restore("c-1")));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("(1): b/"),
            std::string::npos);
  testing::internal::CaptureStderr();
  {
    CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                               checkpoint.Restore("c-1"));
    restore.ExpectPartial();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// A model that is not built and waits for what the file has.
class WaitingModelTest : public testing::Test {
 protected:
  WaitingModelTest() {
    const auto model = MakeModel();
    EXPECT_TRUE(IsOk(model->EnsureBuilt({{DType::kFloat32, {kDynamic, 3}}})));
    Checkpoint saved({.files = &files_});
    EXPECT_TRUE(IsOk(saved.Add("model", model)));
    EXPECT_TRUE(IsOk(saved.AddOptimizer("optimizer", model.get())));
    EXPECT_TRUE(IsOk(saved.Save("c")));
  }
  static std::shared_ptr<Sequential> MakeModel() {
    auto model = std::make_shared<Sequential>("m");
    model->Add<Dense>({.units = 2});
    model->Add<Dense>({.units = 1});
    EXPECT_TRUE(IsOk(model->Compile({.optimizer = "adam", .loss = "mse"})));
    return model;
  }
  FaultFileSystem files_;
};

TEST_F(WaitingModelTest, IsNotKeptByWhatItWaitsFor) {
  std::shared_ptr<Sequential> model = MakeModel();
  {
    Checkpoint checkpoint({.files = &files_});
    ASSERT_TRUE(IsOk(checkpoint.Add("model", model)));
    ASSERT_TRUE(IsOk(checkpoint.AddOptimizer("optimizer", model.get())));
    CAIRN_ASSERT_OK_AND_ASSIGN(const LazyRestore restore,
                               checkpoint.Restore("c-1"));
    restore.ExpectPartial();
  }
  const std::weak_ptr<Sequential> gone = model;
  model = nullptr;
  EXPECT_TRUE(gone.expired());
}

TEST_F(WaitingModelTest, ValuesThatItNeverTookAreWarnedOfWhenItGoes) {
  auto model = MakeModel();
  testing::internal::CaptureStderr();
  {
    Checkpoint checkpoint({.files = &files_});
    ASSERT_TRUE(IsOk(checkpoint.Add("model", model.get())));
    ASSERT_TRUE(IsOk(checkpoint.AddOptimizer("optimizer", model.get())));
    EXPECT_TRUE(IsOk(checkpoint.Restore("c-1")));
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  model = nullptr;
  const std::string said = testing::internal::GetCapturedStderr();
  // Four weights, and two slots of each.
  EXPECT_NE(said.find("of c-1 values were not restored (12): "),
            std::string::npos)
      << said;
}

TEST_F(LazyRestoreTest, OneShapeThatDiffersChangesNothing) {
  const auto a = MakeVariable(0);
  Checkpoint checkpoint({.files = &files_});
  ASSERT_TRUE(IsOk(checkpoint.Add("a", a)));
  ASSERT_TRUE(IsOk(checkpoint.Add("b", MakeVariable(0, {3}))));
  EXPECT_TRUE(IsError(checkpoint.Restore("c-1").status(),
                      Code::kInvalidArgument, {"b is float32 (3,)", "c-1"}));
  EXPECT_EQ(a->value().values<float>()[0], 0);
}

TEST_F(LazyRestoreTest, DamageChangesNothing) {
  std::string data = files_.Contents()["c-1.data-00000-of-00001"];
  data[4] = static_cast<char>(~data[4]);
  files_.Put("c-1.data-00000-of-00001", data);
  const auto a = MakeVariable(0);
  Checkpoint checkpoint({.files = &files_});
  ASSERT_TRUE(IsOk(checkpoint.Add("a", a)));
  ASSERT_TRUE(IsOk(checkpoint.Add("b", MakeVariable(0))));
  EXPECT_TRUE(
      IsError(checkpoint.Restore("c-1").status(), Code::kDataLoss, {"c-1"}));
  EXPECT_EQ(a->value().values<float>()[0], 0);
}

}  // namespace
}  // namespace cairn
