// A training step allocates nothing: between entering and leaving Plan::Run no
// code of Cairn calls an allocator.
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/model/sequential.h"
#include "core/runtime/plan.h"
#include "core/runtime/thread_team.h"
#include "core/tensor/tensor.h"
#include "core/training/running_logs.h"
#include "core/training/step_graphs.h"
#include "core/transform/prepare_for_plan.h"
#include "gtest/gtest.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/losses/sparse_categorical_crossentropy.h"
#include "layers/max_pooling2d.h"
#include "layers/metrics/sparse_categorical_accuracy.h"
#include "optimizers/adam.h"
#include "tests/support/allocation_guard.h"
#include "tests/support/op_contract.h"

namespace cairn {
namespace {

// A model with everything that its training step is made of.
class Training {
 public:
  explicit Training(Shape image) : image_(std::move(image)) {}

  Sequential& model() { return model_; }
  double loss_total() const {
    return logs_.loss_total()->value().values<float>()[0];
  }

  std::unique_ptr<Plan> MakePlan(int64_t rows, ThreadTeam* team) {
    const absl::StatusOr<Graph> graph = Trace();
    EXPECT_TRUE(graph.ok()) << graph.status();
    Shape images = image_;
    images.insert(images.begin(), rows);
    absl::StatusOr<Graph> prepared = PrepareForPlan(*graph, {images, {rows}});
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    absl::StatusOr<std::unique_ptr<Plan>> plan =
        Plan::Compile(*std::move(prepared), team);
    EXPECT_TRUE(plan.ok()) << plan.status();
    const Tensor batch = Spread(images, 0, 1);
    std::memcpy((*plan)->input(0).data(), batch.bytes().data(),
                batch.bytes().size());
    for (int64_t row = 0; row < rows; ++row) {
      (*plan)->input(1)[row] = static_cast<std::byte>(row * 7 % 10);
    }
    return *std::move(plan);
  }

 private:
  absl::StatusOr<Graph> Trace() {
    const std::vector<BatchField> fields = {
        {BatchField::Use::kInput, "", {DType::kFloat32, image_}},
        {BatchField::Use::kTarget, "", {DType::kUInt8, {}}}};
    Shape images = image_;
    images.insert(images.begin(), kDynamic);
    const absl::Status built =
        model_.EnsureBuilt({TensorSpec{DType::kFloat32, images}});
    EXPECT_TRUE(built.ok()) << built;
    return TraceTrainStep({.model = &model_,
                           .loss = &loss_,
                           .optimizer = &optimizer_,
                           .optimizer_variables = &variables_,
                           .random_counter = std::make_shared<Variable>(
                               "counter", TensorSpec{DType::kInt64, {}}, false),
                           .fields = fields},
                          logs_);
  }

  const Shape image_;
  Sequential model_;
  const SparseCategoricalCrossentropy loss_{{}};
  const Adam optimizer_{{}};
  OptimizerVariables variables_ = {
      .iterations = std::make_shared<Variable>(
          "iterations", TensorSpec{DType::kInt64, {}}, false),
      .learning_rate =
          std::make_shared<Variable>("learning_rate", TensorSpec(), false)};
  RunningLogs logs_{
      "train",
      {{"accuracy", std::make_shared<SparseCategoricalAccuracy>(), {}}}};
};

std::unique_ptr<Training> MakeMlp() {
  auto training = std::make_unique<Training>(Shape{784});
  Sequential& model = training->model();
  model.Add<Dense>({.units = 512, .activation = "relu"});
  model.Add<Dropout>({.rate = 0.2});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  return training;
}

std::unique_ptr<Training> MakeCnn() {
  auto training = std::make_unique<Training>(Shape{28, 28, 1});
  Sequential& model = training->model();
  model.Add<Conv2D>(
      {.filters = 32, .kernel_size = {3, 3}, .activation = "relu"});
  model.Add<MaxPooling2D>({});
  model.Add<Conv2D>(
      {.filters = 64, .kernel_size = {3, 3}, .activation = "relu"});
  model.Add<MaxPooling2D>({});
  model.Add<Flatten>({});
  model.Add<Dropout>({.rate = 0.5});
  model.Add<Dense>({.units = 10, .activation = "softmax"});
  return training;
}

// Returns when every thread of the team has begun: what a thread and its
// libraries set up when it starts is no part of a step.
void WaitForThreads(ThreadTeam& team) {
  struct Meeting {
    std::mutex mutex;
    std::condition_variable changed;
    int missing;
  };
  Meeting meeting{.missing = team.threads()};
  // No thread gets a second task before each has its first.
  const auto meet = [](void* context, int) {
    Meeting& meeting = *static_cast<Meeting*>(context);
    std::unique_lock<std::mutex> lock(meeting.mutex);
    --meeting.missing;
    meeting.changed.notify_all();
    meeting.changed.wait(lock, [&] { return meeting.missing == 0; });
  };
  team.Run(team.threads(), meet, &meeting);
}

void ExpectNoAllocation(Training& training, int64_t rows, int threads) {
  SCOPED_TRACE(testing::Message()
               << rows << " rows, " << threads << " threads");
  constexpr int kSteps = 10;
  ThreadTeam team(threads);
  const std::unique_ptr<Plan> plan = training.MakePlan(rows, &team);
  WaitForThreads(team);
  // Nor is what a library sets up on its first call.
  ASSERT_TRUE(plan->Run().ok());
  const double before = training.loss_total();
  int64_t allocations = -1, primitives = -1;
  bool ok = true;
  {
    const AllocationGuard guard;
    // So many that a plan which tries out its team runs with it and without.
    for (int step = 0; step < kSteps; ++step) ok = ok && plan->Run().ok();
    allocations = guard.count();
    primitives = guard.excused_calls();
  }
  EXPECT_TRUE(ok);
  EXPECT_EQ(allocations, 0);
  // The steps did work.
  EXPECT_GT(primitives, 4 * kSteps);
  EXPECT_GT(training.loss_total(), before);
}

TEST(TrainingStepTest, OfAnMlpAllocatesNothing) {
  const std::unique_ptr<Training> mlp = MakeMlp();
  for (const int threads : {1, 2}) ExpectNoAllocation(*mlp, 128, threads);
  ExpectNoAllocation(*mlp, 7, 2);
}

TEST(TrainingStepTest, OfACnnAllocatesNothing) {
  const std::unique_ptr<Training> cnn = MakeCnn();
  for (const int threads : {1, 2}) ExpectNoAllocation(*cnn, 32, threads);
  ExpectNoAllocation(*cnn, 5, 2);
}

TEST(AllocationGuardTest, CountsEveryKindOfAllocationOnAnyThread) {
  // Written through, so that the compiler cannot leave the allocation out.
  static void* volatile kept;
  const AllocationGuard guard;
  int64_t expected = 0;
  const auto expect_one_more = [&] {
    EXPECT_EQ(guard.count(), ++expected);
    free(kept);
  };
  kept = malloc(10);
  expect_one_more();
  kept = calloc(3, 10);
  expect_one_more();
  kept = realloc(nullptr, 10);
  expect_one_more();
  kept = aligned_alloc(64, 128);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(kept) % 64, 0u);
  expect_one_more();
  void* aligned = nullptr;
  EXPECT_EQ(posix_memalign(&aligned, 64, 128), 0);
  kept = aligned;
  expect_one_more();
  kept = operator new(10);
  EXPECT_EQ(guard.count(), ++expected);
  operator delete(kept);
  kept = operator new(128, std::align_val_t(64));
  EXPECT_EQ(guard.count(), ++expected);
  operator delete(kept, std::align_val_t(64));

  std::string text(100, 'x');
  EXPECT_EQ(guard.count(), ++expected);
  std::thread thread([&] { kept = malloc(10); });
  thread.join();
  // The thread itself takes some too.
  EXPECT_GT(guard.count(), expected);
  free(kept);
}

TEST(AllocationGuardTest, CountsOnlyWhileOneLives) {
  const std::string before(100, 'x');
  const AllocationGuard guard;
  EXPECT_EQ(guard.count(), 0);
}

}  // namespace
}  // namespace cairn
