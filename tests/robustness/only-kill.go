package failpoint

// Members are killed; all other faults need code inside etcd, or a second member.
func init() {
	allFailpoints = []Failpoint{KillFailpoint}
}
