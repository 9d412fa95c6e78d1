#include "tests/saving/checkpoint_files.h"

#include "gtest/gtest.h"
#include "saving/format.h"
#include "tests/saving/small_snapshot.h"
#include "tests/support/status_matchers.h"

namespace cairn {

void Put(FaultFileSystem& files, const std::string& prefix, int64_t step) {
  Snapshot snapshot = SmallSnapshot(static_cast<int>(step));
  if (step < 0) snapshot.extras.clear();
  files.Put("run/notes.txt", "");
  ASSERT_TRUE(
      IsOk(FindFormat("tf")->Write(snapshot, prefix, {.files = &files})));
}

void Damage(FaultFileSystem& files, const std::string& path) {
  std::string content = files.Contents().at(path);
  content[content.size() / 2] = static_cast<char>(~content[content.size() / 2]);
  files.Put(path, content);
}

}  // namespace cairn
