#include "core/runtime/onednn/primitive.h"

#include "absl/strings/str_cat.h"

namespace cairn {

void BoundPrimitive::AddArgument(int name, const dnnl::memory::desc& desc,
                                 const void* address) {
  // The library takes a writable pointer for what it only reads.
  memories_.emplace_back(desc, engine_, const_cast<void*>(address));
  arguments_.push_back({name, memories_.back().get()});
}

void BoundPrimitive::AddScratchpad(void* address) {
  if (scratchpad_bytes_ == 0) return;
  const dnnl::memory::desc desc({static_cast<int64_t>(scratchpad_bytes_)},
                                dnnl::memory::data_type::u8,
                                dnnl::memory::format_tag::a);
  AddArgument(DNNL_ARG_SCRATCHPAD, desc, address);
}

absl::Status BoundPrimitive::Run() const {
  const dnnl_status_t status = dnnl_primitive_execute(
      primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()),
      arguments_.data());
  if (status == dnnl_success) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("oneDNN's ", implementation_,
                                          " failed with status ",
                                          static_cast<int>(status)));
}

dnnl::primitive_attr UserScratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::memory::desc StridedDesc(const dnnl::memory::dims& dims,
                               const dnnl::memory::dims& strides) {
  return dnnl::memory::desc(dims, dnnl::memory::data_type::f32, strides);
}

}  // namespace cairn
