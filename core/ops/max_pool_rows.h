#ifndef CAIRN_CORE_OPS_MAX_POOL_ROWS_H_
#define CAIRN_CORE_OPS_MAX_POOL_ROWS_H_

#include <cstdint>

namespace cairn {

// Max pooling of one image, (height, width, channels).
struct MaxPoolGeometry {
  int64_t in_height = 0, in_width = 0;
  int64_t out_height = 0, out_width = 0;
  int64_t channels = 0;
  int64_t window_height = 0, window_width = 0;
  int64_t stride_height = 0, stride_width = 0;
  int64_t pad_top = 0, pad_left = 0;
};

void MaxPoolImage(const MaxPoolGeometry& geometry, const float* image,
                  float* maxima);

// Writes the gradient of the image: each maximum's goes to the first pixel of
// its window that equals it.
void MaxPoolImageBackward(const MaxPoolGeometry& geometry, const float* image,
                          const float* maxima, const float* gradient,
                          float* image_gradient);

// The same by way of `index`, one byte for each maximum: which pixel of its
// window, counted row by row and with the padding, is the first largest.
// REQUIRES: a window has at most kMaxIndexedWindow pixels.
inline constexpr int64_t kMaxIndexedWindow = 255;
void MaxPoolImageWithIndex(const MaxPoolGeometry& geometry, const float* image,
                           float* maxima, uint8_t* index);
void MaxPoolImageBackwardByIndex(const MaxPoolGeometry& geometry,
                                 const uint8_t* index, const float* gradient,
                                 float* image_gradient);

}  // namespace cairn

#endif  // CAIRN_CORE_OPS_MAX_POOL_ROWS_H_
