#include "core/runtime/kernel.h"

#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/mutex.h"

namespace cairn {
namespace {

struct KernelTable {
  Mutex mutex;
  std::map<std::string, MakeKernel> factories ABSL_GUARDED_BY(mutex);
};

KernelTable& Table() {
  static KernelTable* const table = new KernelTable();
  return *table;
}

MakeKernel FindFactory(absl::string_view op) {
  KernelTable& table = Table();
  MutexLock lock(table.mutex);
  const auto found = table.factories.find(std::string(op));
  return found == table.factories.end() ? nullptr : found->second;
}

}  // namespace

void RegisterKernel(absl::string_view op, MakeKernel make) {
  KernelTable& table = Table();
  MutexLock lock(table.mutex);
  CAIRN_CHECK(table.factories.emplace(std::string(op), make).second);
}

absl::StatusOr<std::unique_ptr<Kernel>> CreateKernel(
    const KernelRequest& request) {
  const MakeKernel make = FindFactory(request.op);
  if (make == nullptr) {
    return absl::UnimplementedError(
        absl::StrCat("op ", request.op, " has no kernel"));
  }
  return make(request);
}

}  // namespace cairn
