#include "core/graph/op.h"

#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "core/base/check.h"
#include "core/base/mutex.h"

namespace cairn {
namespace {

struct OpTable {
  Mutex mutex;
  // Nodes of a map do not move, so pointers into it stay valid.
  std::map<std::string, OpDef> ops ABSL_GUARDED_BY(mutex);
};

OpTable& Table() {
  static OpTable* const table = new OpTable();
  return *table;
}

}  // namespace

void RegisterOp(const OpDef& op) {
  OpTable& table = Table();
  MutexLock lock(table.mutex);
  CAIRN_CHECK(table.ops.emplace(std::string(op.name), op).second);
}

const OpDef* FindOp(absl::string_view name) {
  OpTable& table = Table();
  MutexLock lock(table.mutex);
  const auto found = table.ops.find(std::string(name));
  return found == table.ops.end() ? nullptr : &found->second;
}

std::vector<absl::string_view> OpNames() {
  OpTable& table = Table();
  MutexLock lock(table.mutex);
  std::vector<absl::string_view> names;
  for (const auto& [name, op] : table.ops) names.push_back(op.name);
  return names;
}

}  // namespace cairn
