import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { keepReturnAddress } from './returnAddress.ts'

/** Leads to the sign-in page, and keeps the address for the way back. */
export function ToSignIn() {
  const navigate = useNavigate()
  useEffect(() => {
    keepReturnAddress(window.location)
    void navigate({ to: '/sign-in', replace: true })
  }, [navigate])
  return null
}
