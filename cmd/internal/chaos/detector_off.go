//go:build !race

package chaos

const detector = false
