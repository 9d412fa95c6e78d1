#include "saving/path_claim.h"

#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "core/base/mutex.h"

namespace cairn {
namespace {

struct Claims {
  Mutex mutex;
  std::set<std::pair<const FileSystem*, std::string>> taken
      ABSL_GUARDED_BY(mutex);
};

// Never destroyed: a thread may still write when the program ends.
Claims& AllClaims() {
  static auto* const claims = new Claims;
  return *claims;
}

}  // namespace

std::unique_ptr<PathClaim> PathClaim::Take(const FileSystem* files,
                                           const std::string& path) {
  Claims& claims = AllClaims();
  MutexLock lock(claims.mutex);
  if (!claims.taken.emplace(files, path).second) return nullptr;
  return std::unique_ptr<PathClaim>(new PathClaim(files, path));
}

PathClaim::~PathClaim() {
  Claims& claims = AllClaims();
  MutexLock lock(claims.mutex);
  claims.taken.erase({files_, path_});
}

}  // namespace cairn
