#include "core/runtime/onednn/matrix_product.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/runtime/onednn/call_dnnl.h"
#include "core/runtime/onednn/empty_sum.h"
#include "core/runtime/onednn/primitive.h"
#include "core/runtime/onednn/primitive_desc.h"
#include "core/runtime/task_split.h"
#include "core/tensor/aligned_buffer.h"

namespace cairn {
namespace {

// A product smaller than this is done before another thread has begun.
constexpr int64_t kSmallProduct = 600'000;
// Tasks of about this size lose nothing to the cut, and a thread that is taken
// off its core holds up no more than this.
constexpr int64_t kProductPerTask = 25'000'000;

// One task's block of c.
struct Block {
  int64_t row = 0, rows = 0, column = 0, columns = 0;
};

// Cuts the longer side of c, which keeps both operands of a task near square.
std::vector<Block> CutProduct(const MatrixProduct& p) {
  const int64_t operations = 2 * p.rows * p.inner * p.columns;
  if (operations < kSmallProduct) return {{0, p.rows, 0, p.columns}};
  const int64_t tasks =
      std::clamp<int64_t>(operations / kProductPerTask, 2, 16);
  const bool by_rows = p.rows >= p.columns;
  const int64_t length = by_rows ? p.rows : p.columns;
  // Whole vectors, as the library's kernels work on 16, 32 or 64 at a time.
  const int64_t multiple = length >= 64 * tasks ? 64 : 16;
  const TaskSplit split =
      SplitTasks(length, (length + tasks - 1) / tasks, multiple);
  std::vector<Block> blocks;
  for (int task = 0; task < split.tasks; ++task) {
    const int64_t begin = split.begin(task);
    const int64_t size = split.end(task, length) - begin;
    blocks.push_back(by_rows ? Block{begin, size, 0, p.columns}
                             : Block{0, p.rows, begin, size});
  }
  return blocks;
}

class MatrixProductKernel : public Kernel {
 public:
  explicit MatrixProductKernel(const MatrixProduct& product)
      : product_(product), blocks_(CutProduct(product)) {}

  absl::Status Prepare() {
    return CallDnnl("a matrix product", [&] {
      for (const Block& block : blocks_) AddTask(block);
    });
  }

  size_t scratch_bytes() const override {
    size_t bytes = 0;
    for (const Task& task : tasks_) {
      bytes += RoundUpToAlignment(task.primitive.scratchpad_bytes());
    }
    return bytes;
  }

  absl::Status Bind(const KernelBuffers& buffers) override {
    const float* a = reinterpret_cast<const float*>(buffers.inputs[0]);
    const float* b = reinterpret_cast<const float*>(buffers.inputs[1]);
    float* c = reinterpret_cast<float*>(buffers.outputs[0]);
    std::byte* scratch = buffers.scratch;
    const MatrixProduct& p = product_;
    return CallDnnl("a matrix product's arguments", [&] {
      for (size_t i = 0; i < tasks_.size(); ++i) {
        Task& task = tasks_[i];
        const Block& block = blocks_[i];
        task.primitive.AddArgument(
            DNNL_ARG_SRC, task.a,
            a + block.row * (p.transpose_a ? 1 : p.inner));
        task.primitive.AddArgument(
            DNNL_ARG_WEIGHTS, task.b,
            b + block.column * (p.transpose_b ? p.inner : 1));
        if (p.bias) {
          task.primitive.AddArgument(
              DNNL_ARG_BIAS, task.bias,
              reinterpret_cast<const float*>(buffers.inputs[2]) + block.column);
        }
        task.primitive.AddArgument(DNNL_ARG_DST, task.c,
                                   c + block.row * p.columns + block.column);
        task.primitive.AddScratchpad(scratch);
        scratch += RoundUpToAlignment(task.primitive.scratchpad_bytes());
      }
    });
  }

  int tasks(int) const override { return static_cast<int>(tasks_.size()); }
  absl::Status Run(int, int task) override {
    return tasks_[task].primitive.Run();
  }
  std::string Describe() const override {
    return absl::StrCat("matmul ", tasks_[0].primitive.implementation(), " x",
                        tasks_.size());
  }

 private:
  struct Task {
    BoundPrimitive primitive;
    dnnl::memory::desc a, b, bias, c;
  };

  void AddTask(const Block& block) {
    const MatrixProduct& p = product_;
    const auto a = StridedDesc({block.rows, p.inner},
                               p.transpose_a ? dnnl::memory::dims{1, p.rows}
                                             : dnnl::memory::dims{p.inner, 1});
    const auto b =
        StridedDesc({p.inner, block.columns},
                    p.transpose_b ? dnnl::memory::dims{1, p.inner}
                                  : dnnl::memory::dims{p.columns, 1});
    const auto c = StridedDesc({block.rows, block.columns}, {p.columns, 1});
    const auto bias = StridedDesc({1, block.columns}, {block.columns, 1});
    dnnl::primitive_attr attributes = UserScratchpad();
    AppendActivation(p.activation.c_str(), attributes);
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    const auto desc =
        MatMulDesc(engine, a, b, p.bias ? &bias : nullptr, c, attributes);
    tasks_.push_back(
        {BoundPrimitive(engine, dnnl::matmul(desc), desc.impl_info_str(),
                        desc.scratchpad_desc().get_size()),
         a, b, bias, c});
  }

  const MatrixProduct product_;
  const std::vector<Block> blocks_;
  std::vector<Task> tasks_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Kernel>> MakeMatrixProduct(
    const MatrixProduct& product) {
  if (product.rows == 0 || product.inner == 0 || product.columns == 0) {
    return MakeEmptySum(
        {product.rows, product.columns, product.bias, product.activation});
  }
  auto kernel = std::make_unique<MatrixProductKernel>(product);
  CAIRN_RETURN_IF_ERROR(kernel->Prepare());
  return kernel;
}

}  // namespace cairn
