#ifndef CAIRN_CORE_RUNTIME_ONEDNN_CALL_DNNL_H_
#define CAIRN_CORE_RUNTIME_ONEDNN_CALL_DNNL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "oneapi/dnnl/dnnl.hpp"

namespace cairn {

// Calls `function`, in which the library's C++ classes may throw, and returns
// its errors as a Status. The one place with a try block.
template <typename Function>
absl::Status CallDnnl(absl::string_view what, Function function) {
  try {
    function();
  } catch (const dnnl::error& error) {
    return absl::InternalError(
        absl::StrCat("oneDNN cannot make ", what, ": ", error.what(),
                     " (status ", static_cast<int>(error.status), ")"));
  }
  return absl::OkStatus();
}

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_ONEDNN_CALL_DNNL_H_
