#include "core/runtime/onednn/convolution.h"

#include <algorithm>
#include <optional>
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

// As for matrix products: big enough to lose nothing to the cut.
constexpr int64_t kOperationsPerTask = 40'000'000;

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
constexpr auto kFloat = dnnl::memory::data_type::f32;

// Images are cut among tasks.
TaskSplit SplitImages(const Convolution& c) {
  const int64_t operations = 2 * c.out_height * c.out_width * c.out_channels *
                             c.filter_height * c.filter_width * c.in_channels;
  const int64_t per_task = std::max<int64_t>(
      1, kOperationsPerTask / std::max<int64_t>(operations, 1));
  // Two tasks at least where there is enough to do.
  return SplitTasks(c.batch, std::min(per_task, (c.batch + 1) / 2), 1);
}

Desc InDesc(const Convolution& c, int64_t images) {
  return Desc({images, c.in_channels, c.in_height, c.in_width}, kFloat,
              Tag::nhwc);
}
Desc OutDesc(const Convolution& c, int64_t images) {
  return Desc({images, c.out_channels, c.out_height, c.out_width}, kFloat,
              Tag::nhwc);
}
dnnl::memory::dims FilterDims(const Convolution& c) {
  return {c.out_channels, c.in_channels, c.filter_height, c.filter_width};
}
// As Keras stores it.
Desc FilterDesc(const Convolution& c) {
  return Desc(FilterDims(c), kFloat, Tag::hwio);
}
// As the library likes it best.
Desc AnyFilterDesc(const Convolution& c) {
  return Desc(FilterDims(c), kFloat, Tag::any);
}
ConvolutionGeometry Geometry(const Convolution& c) {
  return {{c.stride_height, c.stride_width},
          // The library counts what is skipped.
          {c.dilation_height - 1, c.dilation_width - 1},
          {c.pad_top, c.pad_left},
          {c.pad_bottom, c.pad_right}};
}
int64_t InSize(const Convolution& c) {
  return c.in_height * c.in_width * c.in_channels;
}
int64_t OutSize(const Convolution& c) {
  return c.out_height * c.out_width * c.out_channels;
}

dnnl::convolution_forward::primitive_desc ForwardDesc(
    const dnnl::engine& engine, const Convolution& c, int64_t images) {
  dnnl::primitive_attr attributes = UserScratchpad();
  AppendActivation(c.activation.c_str(), attributes);
  const Desc bias({c.out_channels}, kFloat, Tag::a);
  return ConvolutionDesc(engine, InDesc(c, images), AnyFilterDesc(c),
                         c.bias ? &bias : nullptr, OutDesc(c, images),
                         Geometry(c), attributes);
}

template <typename PrimitiveDesc, typename Primitive>
BoundPrimitive Bound(const dnnl::engine& engine, const PrimitiveDesc& desc) {
  return BoundPrimitive(engine, Primitive(desc), desc.impl_info_str(),
                        desc.scratchpad_desc().get_size());
}

BoundPrimitive Reorder(const dnnl::engine& engine, const Desc& from,
                       const Desc& to) {
  const dnnl::reorder::primitive_desc desc(engine, from, engine, to,
                                           UserScratchpad());
  return Bound<dnnl::reorder::primitive_desc, dnnl::reorder>(engine, desc);
}

// Gives out pieces of a kernel's scratch.
class Scratch {
 public:
  explicit Scratch(std::byte* begin = nullptr) : at_(begin) {}
  std::byte* Take(size_t bytes) {
    taken_ += RoundUpToAlignment(bytes);
    return at_ == nullptr ? nullptr : at_ + taken_ - RoundUpToAlignment(bytes);
  }
  size_t taken() const { return taken_; }

 private:
  std::byte* at_;
  size_t taken_ = 0;
};

// Forward and backward by the input: a first stage brings the filter into the
// library's layout, a second one computes images in tasks.
class ImagesKernel : public Kernel {
 public:
  ImagesKernel(const Convolution& convolution, bool forward)
      : c_(convolution), forward_(forward), split_(SplitImages(convolution)) {}

  absl::Status Prepare() {
    return CallDnnl("a convolution", [&] {
      const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
      for (int task = 0; task < split_.tasks; ++task) {
        const int64_t images = split_.end(task, c_.batch) - split_.begin(task);
        const auto forward = ForwardDesc(engine, c_, images);
        if (forward_) {
          KeepFilter(forward.weights_desc());
          tasks_.push_back(Bound<dnnl::convolution_forward::primitive_desc,
                                 dnnl::convolution_forward>(engine, forward));
        } else {
          const auto desc = ConvolutionInputDesc(
              engine, InDesc(c_, images), AnyFilterDesc(c_),
              OutDesc(c_, images), Geometry(c_), UserScratchpad(), forward);
          KeepFilter(desc.weights_desc());
          tasks_.push_back(
              Bound<dnnl::convolution_backward_data::primitive_desc,
                    dnnl::convolution_backward_data>(engine, desc));
        }
      }
      for (const Desc& layout : layouts_) {
        reorders_.push_back(Reorder(engine, FilterDesc(c_), layout));
      }
    });
  }

  size_t scratch_bytes() const override {
    Scratch scratch;
    for (size_t i = 0; i < layouts_.size(); ++i) {
      scratch.Take(layouts_[i].get_size());
      scratch.Take(reorders_[i].scratchpad_bytes());
    }
    for (const BoundPrimitive& task : tasks_) {
      scratch.Take(task.scratchpad_bytes());
    }
    return scratch.taken();
  }

  absl::Status Bind(const KernelBuffers& buffers) override {
    Scratch scratch(buffers.scratch);
    const std::byte* filter = buffers.inputs[forward_ ? 1 : 0];
    const float* in =
        reinterpret_cast<const float*>(buffers.inputs[forward_ ? 0 : 1]);
    float* out = reinterpret_cast<float*>(buffers.outputs[0]);
    return CallDnnl("a convolution's arguments", [&] {
      std::vector<std::byte*> filters;
      for (size_t i = 0; i < layouts_.size(); ++i) {
        filters.push_back(scratch.Take(layouts_[i].get_size()));
        reorders_[i].AddArgument(DNNL_ARG_FROM, FilterDesc(c_), filter);
        reorders_[i].AddArgument(DNNL_ARG_TO, layouts_[i], filters.back());
        reorders_[i].AddScratchpad(
            scratch.Take(reorders_[i].scratchpad_bytes()));
      }
      for (int task = 0; task < split_.tasks; ++task) {
        BoundPrimitive& primitive = tasks_[task];
        const int64_t begin = split_.begin(task);
        const int64_t images = split_.end(task, c_.batch) - begin;
        const int layout = layout_of_[task];
        primitive.AddArgument(DNNL_ARG_WEIGHTS, layouts_[layout],
                              filters[layout]);
        if (forward_) {
          primitive.AddArgument(DNNL_ARG_SRC, InDesc(c_, images),
                                in + begin * InSize(c_));
          if (c_.bias) {
            primitive.AddArgument(DNNL_ARG_BIAS,
                                  Desc({c_.out_channels}, kFloat, Tag::a),
                                  buffers.inputs[2]);
          }
          primitive.AddArgument(DNNL_ARG_DST, OutDesc(c_, images),
                                out + begin * OutSize(c_));
        } else {
          primitive.AddArgument(DNNL_ARG_DIFF_DST, OutDesc(c_, images),
                                in + begin * OutSize(c_));
          primitive.AddArgument(DNNL_ARG_DIFF_SRC, InDesc(c_, images),
                                out + begin * InSize(c_));
        }
        primitive.AddScratchpad(scratch.Take(primitive.scratchpad_bytes()));
      }
    });
  }

  int stages() const override { return 2; }
  int tasks(int stage) const override { return stage == 0 ? 1 : split_.tasks; }
  absl::Status Run(int stage, int task) override {
    if (stage == 1) return tasks_[task].Run();
    for (const BoundPrimitive& reorder : reorders_) {
      CAIRN_RETURN_IF_ERROR(reorder.Run());
    }
    return absl::OkStatus();
  }
  std::string Describe() const override {
    return absl::StrCat(forward_ ? "convolution " : "convolution by input ",
                        tasks_[0].implementation(), " x", split_.tasks);
  }

 private:
  // Tasks of another size may want another layout; mostly there is one.
  void KeepFilter(const Desc& layout) {
    for (size_t i = 0; i < layouts_.size(); ++i) {
      if (layouts_[i] == layout) {
        layout_of_.push_back(static_cast<int>(i));
        return;
      }
    }
    layout_of_.push_back(static_cast<int>(layouts_.size()));
    layouts_.push_back(layout);
  }

  const Convolution c_;
  const bool forward_;
  const TaskSplit split_;
  std::vector<Desc> layouts_;
  std::vector<int> layout_of_;
  std::vector<BoundPrimitive> reorders_;
  std::vector<BoundPrimitive> tasks_;
};

// Backward by the filter: each task makes the gradient of its images, in the
// library's layout; a second stage adds them in order and brings the sum into
// Keras's layout.
class FilterKernel : public Kernel {
 public:
  explicit FilterKernel(const Convolution& convolution)
      : c_(convolution), split_(SplitImages(convolution)) {}

  absl::Status Prepare() {
    return CallDnnl("a convolution's filter gradient", [&] {
      const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
      for (int task = 0; task < split_.tasks; ++task) {
        const int64_t images = split_.end(task, c_.batch) - split_.begin(task);
        const auto forward = ForwardDesc(engine, c_, images);
        // All tasks use the first one's layout, so that they can be added.
        const auto desc = ConvolutionFilterDesc(
            engine, InDesc(c_, images), task == 0 ? AnyFilterDesc(c_) : layout_,
            OutDesc(c_, images), Geometry(c_), UserScratchpad(), forward);
        if (task == 0) layout_ = desc.diff_weights_desc();
        tasks_.push_back(
            Bound<dnnl::convolution_backward_weights::primitive_desc,
                  dnnl::convolution_backward_weights>(engine, desc));
      }
      reorder_.emplace(Reorder(engine, layout_, FilterDesc(c_)));
    });
  }

  size_t scratch_bytes() const override {
    Scratch scratch;
    for (const BoundPrimitive& task : tasks_) {
      scratch.Take(layout_.get_size());
      scratch.Take(task.scratchpad_bytes());
    }
    scratch.Take(reorder_->scratchpad_bytes());
    return scratch.taken();
  }

  absl::Status Bind(const KernelBuffers& buffers) override {
    Scratch scratch(buffers.scratch);
    const float* in = reinterpret_cast<const float*>(buffers.inputs[0]);
    const float* gradient = reinterpret_cast<const float*>(buffers.inputs[1]);
    return CallDnnl("a convolution's arguments", [&] {
      for (int task = 0; task < split_.tasks; ++task) {
        BoundPrimitive& primitive = tasks_[task];
        const int64_t begin = split_.begin(task);
        const int64_t images = split_.end(task, c_.batch) - begin;
        sums_.push_back(
            reinterpret_cast<float*>(scratch.Take(layout_.get_size())));
        primitive.AddArgument(DNNL_ARG_SRC, InDesc(c_, images),
                              in + begin * InSize(c_));
        primitive.AddArgument(DNNL_ARG_DIFF_DST, OutDesc(c_, images),
                              gradient + begin * OutSize(c_));
        primitive.AddArgument(DNNL_ARG_DIFF_WEIGHTS, layout_, sums_.back());
        primitive.AddScratchpad(scratch.Take(primitive.scratchpad_bytes()));
      }
      reorder_->AddArgument(DNNL_ARG_FROM, layout_, sums_[0]);
      reorder_->AddArgument(DNNL_ARG_TO, FilterDesc(c_), buffers.outputs[0]);
      reorder_->AddScratchpad(scratch.Take(reorder_->scratchpad_bytes()));
    });
  }

  int stages() const override { return 2; }
  int tasks(int stage) const override { return stage == 0 ? split_.tasks : 1; }
  absl::Status Run(int stage, int task) override {
    if (stage == 0) return tasks_[task].Run();
    const size_t count = layout_.get_size() / sizeof(float);
    for (size_t t = 1; t < sums_.size(); ++t) {
      for (size_t i = 0; i < count; ++i) sums_[0][i] += sums_[t][i];
    }
    return reorder_->Run();
  }
  std::string Describe() const override {
    return absl::StrCat("convolution by filter ", tasks_[0].implementation(),
                        " x", split_.tasks);
  }

 private:
  const Convolution c_;
  const TaskSplit split_;
  Desc layout_;
  std::vector<BoundPrimitive> tasks_;
  std::optional<BoundPrimitive> reorder_;
  std::vector<float*> sums_;
};

// A window never is empty, nor are the places it takes.
bool SumsNothing(const Convolution& c) {
  return c.batch == 0 || c.in_channels == 0 || c.out_channels == 0;
}

template <typename K>
absl::StatusOr<std::unique_ptr<Kernel>> Prepared(std::unique_ptr<K> kernel) {
  CAIRN_RETURN_IF_ERROR(kernel->Prepare());
  return std::unique_ptr<Kernel>(std::move(kernel));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Kernel>> MakeConvolutionForward(
    const Convolution& convolution) {
  if (SumsNothing(convolution)) {
    return MakeEmptySum(
        {convolution.batch * convolution.out_height * convolution.out_width,
         convolution.out_channels, convolution.bias, convolution.activation});
  }
  return Prepared(std::make_unique<ImagesKernel>(convolution, true));
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeConvolutionBackwardInput(
    const Convolution& convolution) {
  if (SumsNothing(convolution)) {
    return MakeEmptySum({convolution.batch, InSize(convolution)});
  }
  return Prepared(std::make_unique<ImagesKernel>(convolution, false));
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeConvolutionBackwardFilter(
    const Convolution& convolution) {
  if (SumsNothing(convolution)) {
    return MakeEmptySum({convolution.filter_height * convolution.filter_width,
                         convolution.in_channels * convolution.out_channels});
  }
  return Prepared(std::make_unique<FilterKernel>(convolution));
}

}  // namespace cairn
