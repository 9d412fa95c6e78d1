#ifndef CAIRN_TESTS_TESTDATA_KERAS_LOSSES_H_
#define CAIRN_TESTS_TESTDATA_KERAS_LOSSES_H_

// Written by make_keras_values.py: what real Keras computes.

#include <vector>

namespace cairn {

// The loss of each sample, and the gradient of their mean.
struct KerasLoss {
  std::vector<float> values, gradient;
};

inline const KerasLoss kMeanSquaredError = {
    {0.75f, 4.3333335f},
    {0.33333334f, 0.33333334f, 0.16666667f, -0.6666667f, -0.0f, 1.0f}};

inline const KerasLoss kCategoricalProbabilities = {
    {0.6765423f, 1.2129111f},
    {0.25f, -0.0714286f, 0.0f, 0.19999999f, 0.0f, -0.5f}};

inline const KerasLoss kCategoricalLogits = {
    {0.7143688f, 2.165884f},
    {0.06561194f, -0.08573416f, 0.02012219f, -0.14142609f, -0.1266937f,
     0.26811975f}};

inline const KerasLoss kSparseProbabilities = {
    {0.35667497f, 0.6931471f},
    {0.49999997f, -0.21428573f, 0.49999997f, -0.49999994f, 0.5f, 0.5f}};

inline const KerasLoss kSparseLogits = {
    {0.4643688f, 4.065884f},
    {0.11561195f, -0.18573415f, 0.07012219f, -0.49142608f, 0.02330631f,
     0.46811977f}};

inline const KerasLoss kSparseUnnormalized = {
    {0.47000372f, 1.7917595f},
    {0.31250003f, 0.0f, 0.3125f, -4.166667f, 0.83333325f, 0.8333333f}};

inline const KerasLoss kCategoricalUnnormalized = {
    {0.5108257f, 1.7917595f},
    {0.33333334f, -0.22222224f, 0.33333334f, -4.1666665f, 0.8333334f,
     0.8333334f}};

inline const KerasLoss kSparseZero = {
    {16.118095f, 0.6931473f},
    {0.0f, 0.0f, 0.0f, -0.50000006f, 0.49999994f, 0.0f}};

}  // namespace cairn

#endif  // CAIRN_TESTS_TESTDATA_KERAS_LOSSES_H_
